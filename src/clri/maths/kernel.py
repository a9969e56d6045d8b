"""The decorator of every compiled function; the only module that names numba's options (KERNELS 3).

``@kernel`` compiles at the first call with each set of argument types and keeps the machine code in one
folder (`clri.maths.cache`). Functions in files that the folder's hash does not cover are compiled but never
cached. With ``NUMBA_DISABLE_JIT=1`` kernels stay plain Python and return the same bytes, about 100 times
slower.
"""

import os
from collections.abc import Callable
from typing import Any, Final, TypeAlias, TypeVar, cast

import numba
import numpy as np
from numpy.typing import NDArray

from clri.maths.cache import CacheState, choose, covers

F8: TypeAlias = NDArray[np.float64]
I8: TypeAlias = NDArray[np.int64]
U2: TypeAlias = NDArray[np.uint16]

F = TypeVar("F", bound=Callable[..., object])

_config: Final[Any] = numba.config
_kernels: Final[dict[str, Any]] = {}
_state: CacheState | None = None


def kernel(f: F) -> F:
    """Compile `f` when first called: GIL released, division by zero gives inf or NaN, nothing reordered.

    Parameters
    ----------
    f
        A function of scalars, arrays and None. Test missing with ``v == v``; guard divisors: interpreted,
        Python floats raise. Never fastmath, parallel or prange: they change bits.

    Returns
    -------
    F
        A callable with the same signature, usable from Python and from other kernels.

    Examples
    --------
    >>> @kernel
    ... def half(x: float) -> float:
    ...     return 0.5 * x
    >>> half(3.0)
    1.5
    """
    compiled = _compile(f, cache_state().folder if covers(f.__code__.co_filename) else None)
    _kernels[f"{f.__module__}.{f.__qualname__}"] = compiled
    return compiled


def registered() -> tuple[str, ...]:
    """Names of all kernels defined so far, ``module.function``, in order of definition.

    Examples
    --------
    >>> import clri.maths.log
    >>> "clri.maths.log.ln" in registered()
    True
    """
    return tuple(_kernels)


def freeze(*, on: bool = True) -> tuple[str, ...]:
    """Refuse new argument types on every registered kernel; to be called after all were warmed.

    A read-only, strided or float32 array then raises TypeError instead of stopping the loop for seconds.

    Parameters
    ----------
    on
        False allows compilation again (tests).

    Returns
    -------
    tuple of str
        Kernels left open because no call compiled or loaded them: helpers called only inside cached kernels.
        An entry point in this list was not warmed.

    Examples
    --------
    >>> from clri.maths.log import ln
    >>> _ = ln(2.0)
    >>> "clri.maths.log.ln" in freeze()
    False
    >>> _ = freeze(on=False)
    """
    unused = []
    for name, compiled in _kernels.items():
        if getattr(compiled, "signatures", None):
            compiled.disable_compile(on)
        elif on and hasattr(compiled, "disable_compile"):
            unused.append(name)
    return tuple(unused)


def cache_state() -> CacheState:
    """Where compiled code is kept; chosen when first asked, fixed from then on.

    Examples
    --------
    >>> cache_state().mode in ("setting", "user", "temp", "none", "interpreted")
    True
    """
    return _state or use_cache(os.environ.get("CLRI_CACHE__DIR", ""))


def use_cache(folder: str) -> CacheState:
    """Set `cache.dir` from a settings file; to be called before a module with kernels is imported.

    Parameters
    ----------
    folder
        Wanted folder, made if absent; "" for the default order.

    Raises
    ------
    RuntimeError
        If kernels are already defined: their folder is chosen.

    Examples
    --------
    >>> import clri.maths.log
    >>> use_cache("/var/cache/clri")
    Traceback (most recent call last):
    RuntimeError: cache folder '/var/cache/clri' came after ... kernels were defined; set it before
    """
    global _state  # noqa: PLW0603 - one cache per process
    if _kernels:
        raise RuntimeError(f"cache folder {folder!r} came after {len(_kernels)} kernels were defined; set it before")
    if _config.DISABLE_JIT:
        _state = CacheState("interpreted", None, "NUMBA_DISABLE_JIT is set: kernels run about 100 times slower")
    else:
        _state = choose(folder, f"numba {numba.__version__}")
    return _state


def _compile(f: F, folder: str | None) -> F:
    """Hand `f` to numba with our options; numba's global folder is ours only meanwhile."""
    global _state  # noqa: PLW0603 - one cache per process
    before = _config.CACHE_DIR
    _config.CACHE_DIR = folder or ""
    try:
        compiled: Any = numba.njit(cache=folder is not None, nogil=True, error_model="numpy")(f)
        kept = str(compiled.stats.cache_path) if folder else ""
    except RuntimeError:  # numba found no folder at all
        kept = "nowhere"
    finally:
        _config.CACHE_DIR = before
    if folder and not kept.startswith(folder):  # ours is gone; numba's own places do not know our hash
        _state = CacheState("none", None, f"{folder} can no longer be written: kernels are compiled anew")
        return _compile(f, None)
    return cast(F, compiled)
