"""Writes the example tables from the copies that scikit-learn ships, values unchanged.

Run: python3 Examples/export.py (needs scikit-learn and pandas).
"""
import pathlib

from sklearn.datasets import load_breast_cancer, load_diabetes

folder = pathlib.Path(__file__).parent


def write(table, name):
    def text(value):
        return value if isinstance(value, str) else repr(int(value) if value == int(value) else float(value))

    lines = [",".join(table.columns)] + [",".join(map(text, row)) for row in table.itertuples(index=False)]
    (folder / name / f"{name}.csv").write_text("\n".join(lines) + "\n")


cancer = load_breast_cancer(as_frame=True)
write(cancer.data.assign(diagnosis=cancer.target_names[cancer.target]), "breast_cancer")
diabetes = load_diabetes(as_frame=True, scaled=False)
write(diabetes.data.assign(progression=diabetes.target), "diabetes")
