#pragma once
// All contracts of this module. A new header is listed here, so that its importers are built again.
#include "ck_blas.h"
#include "ck_cpu.h"
#include "ck_descent.h"
#include "ck_forest.h"
#include "ck_gradients.h"
#include "ck_math.h"
#include "ck_memory.h"
#include "ck_parallel.h"
#include "ck_shap.h"
#include "ck_status.h"
#include "ck_text.h"
#include "ck_trees.h"
