#include "../parallel/levels.h"
#include "ck_forest.h"

/// Walks side by side, so that their dependent loads overlap. There is one variant for all processors: with newer
/// instructions the compiler turns the loads into gathers, which are slower.
enum { TOGETHER = 12 };

CK_INLINE void expand(const ck_forest_inputs *inputs, const double *values, double *row) {
    row[0] = 0;
    for (size_t k = 0; k < inputs->numbers; k++) {
        double value = values[inputs->inputs[k]];
        row[2 * k + 1] = value;
        row[2 * k + 2] = value == value ? value : -__builtin_inf();
    }
    for (size_t c = 0; c < inputs->categories; c++) {
        const ck_forest_category *category = inputs->category + c;
        double value = values[category->input];
        size_t index = CK_FOREST_INDICES - 1;
        if (value >= 0 && value < (double)category->known)
            index = inputs->indices[category->first + (size_t)value];
        double *place = row + category->place;
        for (size_t group = 0; group < category->groups; group++, place += 8) {
            uint8_t bits = inputs->tables[category->table + CK_FOREST_INDICES * group + index];
            for (int k = 0; k < 8; k++)
                place[k] = bits >> k & 1;
        }
    }
}

CK_INLINE uint32_t next(const ck_forest_step *steps, uint32_t at, const double *row) {
    const ck_forest_step *step = steps + at;
    return step->child + !(row[step->place] <= step->threshold);
}

/// Takes `together` walks `depth` steps down, or until all are at leaves; walk k goes by row + row_stride * k.
CK_INLINE void descend(int together, uint32_t depth, const ck_forest_step *steps, const double *row, size_t row_stride,
                       uint32_t *at) {
    for (uint32_t taken = 0; taken < depth; taken++) {
        // Unbalanced trees: from time to time it is worth a look whether anything still moves.
        if (taken >= 8 && taken % 4 == 0) {
            uint32_t moved = 0;
            for (int k = 0; k < together; k++)
                moved |= steps[at[k]].child ^ at[k];
            if (!moved)
                return;
        }
#pragma clang loop vectorize(disable) unroll(full)
        for (int k = 0; k < together; k++)
            at[k] = next(steps, at[k], row + row_stride * (size_t)k);
    }
}

CK_INLINE void add(const ck_forest_steps *forest, uint32_t leaf, double *sums) {
    for (size_t k = 0; k < forest->width; k++)
        sums[k] += forest->leaf_values[forest->width * leaf + k];
}

/// The trees from `first` on, `together` of them, for one row.
CK_INLINE void walk_trees(int together, const ck_forest_steps *forest, size_t first, const double *row, double *sums) {
    uint32_t at[TOGETHER], deepest = 0;
    for (int k = 0; k < together; k++) {
        at[k] = forest->roots[first + (size_t)k];
        uint32_t depth = forest->depths[first + (size_t)k];
        deepest = depth > deepest ? depth : deepest;
    }
    descend(together, deepest, forest->steps, row, 0, at);
    for (int k = 0; k < together; k++)
        add(forest, at[k], sums);
}

void ck_forest_walk_row(const ck_forest_inputs *inputs, const ck_forest_steps *forest, const double *values,
                        double *sums) {
    double row[CK_FOREST_PLACES];
    expand(inputs, values, row);
    size_t groups = forest->width == 1 ? forest->scores : 1;
    size_t trees = groups ? forest->trees / groups : 0;
    for (size_t group = 0; group < groups; group++) {
        size_t t = group * trees, end = t + trees;
        for (; t + TOGETHER <= end; t += TOGETHER)
            walk_trees(TOGETHER, forest, t, row, sums + group);
        for (; t + 4 <= end; t += 4)
            walk_trees(4, forest, t, row, sums + group);
        for (; t < end; t++)
            walk_trees(1, forest, t, row, sums + group);
    }
}

void ck_forest_walk(size_t count, size_t row_stride, const ck_forest_inputs *inputs, const ck_forest_steps *forest,
                    const double *values, double *expanded, double *sums) {
    size_t places = inputs->places, scores = forest->scores;
    for (size_t i = 0; i < count; i++)
        expand(inputs, values + row_stride * i, expanded + places * i);
    size_t groups = forest->width == 1 ? scores : 1;
    size_t trees = groups ? forest->trees / groups : 0;
    for (size_t t = 0; t < groups * trees; t++) {
        double *score = sums + t / trees;
        uint32_t at[TOGETHER];
        size_t i = 0;
        for (; i + TOGETHER <= count; i += TOGETHER) {
            for (int k = 0; k < TOGETHER; k++)
                at[k] = forest->roots[t];
            descend(TOGETHER, forest->depths[t], forest->steps, expanded + places * i, places, at);
            for (size_t k = 0; k < TOGETHER; k++)
                add(forest, at[k], score + scores * (i + k));
        }
        for (; i < count; i++) {
            at[0] = forest->roots[t];
            descend(1, forest->depths[t], forest->steps, expanded + places * i, places, at);
            add(forest, at[0], score + scores * i);
        }
    }
}
