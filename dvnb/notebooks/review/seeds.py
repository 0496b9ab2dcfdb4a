"""Random numbers that come out differently with each run."""

from __future__ import annotations

import ast
from collections.abc import Iterable

from dvnb.notebooks.review.codecalls import Call
from dvnb.records import dataclass

_NUMPY = {
    "beta", "binomial", "bytes", "chisquare", "choice", "dirichlet", "exponential", "f", "gamma", "geometric", "gumbel",
    "hypergeometric", "laplace", "logistic", "lognormal", "multinomial", "multivariate_normal", "normal", "pareto",
    "permutation", "poisson", "power", "rand", "randint", "randn", "random", "random_integers", "random_sample",
    "ranf", "rayleigh", "sample", "shuffle", "standard_cauchy", "standard_exponential", "standard_gamma",
    "standard_normal", "standard_t", "triangular", "uniform", "vonmises", "wald", "weibull", "zipf",
}  # fmt: skip
_PYTHON = {
    "betavariate", "choice", "choices", "expovariate", "gammavariate", "gauss", "getrandbits", "lognormvariate",
    "normalvariate", "paretovariate", "randbytes", "randint", "random", "randrange", "sample", "shuffle", "triangular",
    "uniform", "vonmisesvariate", "weibullvariate",
}  # fmt: skip
_TORCH = {"bernoulli", "multinomial", "normal", "rand", "rand_like", "randint", "randn", "randn_like", "randperm"}
_TENSORFLOW = {"categorical", "gamma", "normal", "poisson", "shuffle", "truncated_normal", "uniform"}
# Of scikit-learn: what draws without being asked to; not those that only do with some option.
_SKLEARN = {
    "AdaBoostClassifier", "AdaBoostRegressor", "BaggingClassifier", "BaggingRegressor", "BayesianGaussianMixture",
    "BernoulliRBM", "DecisionTreeClassifier", "DecisionTreeRegressor", "ExtraTreeClassifier", "ExtraTreeRegressor",
    "ExtraTreesClassifier", "ExtraTreesRegressor", "GaussianMixture", "GradientBoostingClassifier",
    "GradientBoostingRegressor", "GroupShuffleSplit", "IsolationForest", "KMeans", "MLPClassifier",
    "MLPRegressor", "MiniBatchKMeans", "Perceptron", "RandomForestClassifier", "RandomForestRegressor",
    "RandomTreesEmbedding", "RandomizedSearchCV", "RepeatedKFold", "RepeatedStratifiedKFold", "SGDClassifier",
    "SGDRegressor", "ShuffleSplit", "StratifiedShuffleSplit", "TSNE", "make_blobs", "make_circles",
    "make_classification", "make_moons", "make_regression", "permutation_importance", "resample", "shuffle",
    "train_test_split",
}  # fmt: skip
_ASKED_TO_SHUFFLE = {"KFold", "StratifiedKFold", "StratifiedGroupKFold"}
_NOT_SHUFFLED = {"train_test_split"}


@dataclass(frozen=True, slots=True)
class Unseeded:
    """A call whose numbers nobody fixed, and how to fix them."""

    call: Call
    what: str
    fix: str


def unseeded(calls: Iterable[Call]) -> list[Unseeded]:
    """Calls that draw random numbers before their generator got a seed.

    A seed that is set within some function counts from the start: when that is called is not followed.
    """
    every = list(calls)
    seeded: set[str] = set()
    for call in every:
        if call.nested:
            seeded |= _seeds(call)
    found: list[Unseeded] = []
    for call in every:
        seeded |= _seeds(call)
        draw = _draw(call)
        if draw and draw[0] not in seeded:
            found.append(Unseeded(call, draw[1], draw[2]))
    return found


def _seeds(call: Call) -> set[str]:
    """Which generators a call seeds."""
    name = call.name
    if not call.node.args and not call.node.keywords:
        return set()  # `seed()` takes the seed from the machine
    if name == "numpy.random.seed":
        return {"numpy", "sklearn"}
    if name == "random.seed":
        return {"random"}
    if name in {"torch.manual_seed", "torch.random.manual_seed"}:
        return {"torch"}
    if name in {"tensorflow.random.set_seed", "tensorflow.set_random_seed", "tensorflow.compat.v1.set_random_seed"}:
        return {"tensorflow"}
    # `seed_everything`, `set_seed`, `fix_seeds`: libraries' and people's own.
    last = name.rpartition(".")[2].lower()
    if "seed" in last and last != "seed":
        return {"numpy", "sklearn", "random", "torch", "tensorflow"}
    return set()


def _draw(call: Call) -> tuple[str, str, str] | None:
    """The generator that a call draws from, what it draws, and how to seed it."""
    module, _, name = call.name.rpartition(".")
    if not call.imported:
        return _pandas(call)
    if module == "numpy.random" and name in _NUMPY:
        return "numpy", f"numpy.random.{name}", "call numpy.random.seed(…) first, or use numpy.random.default_rng(seed)"
    if call.name in {"numpy.random.default_rng", "numpy.random.RandomState"}:
        if _is_given(call, "seed", 0):
            return None
        return "its own", f"numpy.random.{name}()", f"give it a seed: {name}(0)"
    if module == "random" and name in _PYTHON:
        return "random", f"random.{name}", "call random.seed(…) first"
    if module.partition(".")[0] == "sklearn":
        return _sklearn(call, name)
    return _tensors(call, module, name)


def _tensors(call: Call, module: str, name: str) -> tuple[str, str, str] | None:
    if module == "torch" and name in _TORCH and not _is_given(call, "generator"):
        return "torch", f"torch.{name}", "call torch.manual_seed(…) first"
    if module == "tensorflow.random" and name in _TENSORFLOW and not _is_given(call, "seed"):
        return "tensorflow", f"tensorflow.random.{name}", "call tensorflow.random.set_seed(…) first"
    return None


def _sklearn(call: Call, name: str) -> tuple[str, str, str] | None:
    shuffles = name in _ASKED_TO_SHUFFLE and _is_true(call.keyword("shuffle"))
    if not (name in _SKLEARN or shuffles) or _is_given(call, "random_state"):
        return None
    if name in _NOT_SHUFFLED and _is_false(call.keyword("shuffle")):
        return None
    return "sklearn", name, f"pass random_state: {name}(…, random_state=0)"


def _pandas(call: Call) -> tuple[str, str, str] | None:
    """`.sample(frac=…)` of what must be a table: nothing else has these words."""
    if call.name != ".sample" or not (call.keyword("frac") or call.keyword("n")):
        return None
    if any(_is_given(call, word) for word in ("random_state", "seed", "generator")):
        return None
    return "numpy", "DataFrame.sample", "pass random_state: .sample(…, random_state=0)"


def _is_given(call: Call, keyword: str, position: int | None = None) -> bool:
    if call.passes_unknown:
        return True
    value = call.keyword(keyword)
    if value is None and position is not None and len(call.node.args) > position:
        value = call.node.args[position]
    return value is not None and not (isinstance(value, ast.Constant) and value.value is None)


def _is_true(value: ast.expr | None) -> bool:
    return isinstance(value, ast.Constant) and value.value is True


def _is_false(value: ast.expr | None) -> bool:
    return isinstance(value, ast.Constant) and value.value is False
