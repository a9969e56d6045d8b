"""One own natural logarithm and exponential, made of + - * / and exact scaling by powers of two.

Library logarithms differ in the last bit between machines and between numpy and Python (KERNELS 2). These do
not: every step is an IEEE operation with one result, so compiled, interpreted and foreign machines give equal
bytes. Reductions and coefficients are those of FDLIBM (Sun Microsystems, 1993; e_log.c, e_exp.c), error below
1 ulp.
"""

import math
from typing import Final

from clri.maths.kernel import kernel

_LN2_HI: Final = 6.93147180369123816490e-01  # low 32 bits zero: k * _LN2_HI is exact
_LN2_LO: Final = 1.90821492927058770002e-10
_SQRT_HALF: Final = 0.7071067811865476
_LG1: Final = 6.666666666666735130e-01
_LG2: Final = 3.999999999940941908e-01
_LG3: Final = 2.857142874366239149e-01
_LG4: Final = 2.222219843214978396e-01
_LG5: Final = 1.818357216161805012e-01
_LG6: Final = 1.531383769920937332e-01
_LG7: Final = 1.479819860511658591e-01
_INV_LN2: Final = 1.44269504088896338700
_P1: Final = 1.66666666666666019037e-01
_P2: Final = -2.77777777770155933842e-03
_P3: Final = 6.61375632143793436117e-05
_P4: Final = -1.65339022054652515390e-06
_P5: Final = 4.13813679705723846039e-08
_EXP_MAX: Final = 7.09782712893383973096e02
_EXP_MIN: Final = -7.45133219101941108420e02


@kernel
def ln(x: float) -> float:
    """Natural logarithm; NaN for x <= 0 and for NaN, inf for inf.

    Parameters
    ----------
    x
        Any float, without unit. For ln(1 + v) with v >= 0 write ``ln(1.0 + v)``: amounts are far above the
        rounding of the sum, so no separate log1p is needed.

    Returns
    -------
    float
        ln(x), at most 1 ulp from `math.log`.

    Notes
    -----
    x = m * 2**k with sqrt(1/2) <= m < sqrt(2), f = m - 1, s = f / (2 + f):
    ln(x) = k ln 2 + f - f*f/2 + s * (f*f/2 + R(s*s)), R a polynomial.

    Examples
    --------
    >>> round(float(ln(10.0)), 12), float(ln(1.0)), float(ln(0.0))
    (2.302585092994, 0.0, nan)
    """
    if not x > 0.0:
        return math.nan
    if x == math.inf:
        return x
    m, exponent = math.frexp(x)
    if m < _SQRT_HALF:
        m = m * 2.0
        exponent = exponent - 1
    k = float(exponent)
    f = m - 1.0
    s = f / (2.0 + f)
    z = s * s
    w = z * z
    odd = z * (_LG1 + w * (_LG3 + w * (_LG5 + w * _LG7)))
    even = w * (_LG2 + w * (_LG4 + w * _LG6))
    half = 0.5 * f * f
    return k * _LN2_HI - ((half - (s * (half + (odd + even)) + k * _LN2_LO)) - f)


@kernel
def exp(x: float) -> float:
    """Exponential; 0 below -745.13, inf above 709.78 (never an error), NaN for NaN.

    Parameters
    ----------
    x
        Any float, without unit.

    Returns
    -------
    float
        e**x >= 0, at most 1 ulp from `math.exp` where the result is a normal number.

    Notes
    -----
    x = k ln 2 + r with |r| <= ln(2)/2, c = r - r*r*P(r*r): e**x = 2**k * (1 + r + r*c / (2 - c)).

    Examples
    --------
    >>> round(float(exp(1.0)), 12), float(exp(0.0)), float(exp(-1000.0)), float(exp(1000.0))
    (2.718281828459, 1.0, 0.0, inf)
    """
    if x != x:
        return x
    if x > _EXP_MAX:
        return math.inf
    if x < _EXP_MIN:
        return 0.0
    k = math.floor(x * _INV_LN2 + 0.5)
    high = x - float(k) * _LN2_HI
    low = float(k) * _LN2_LO
    r = high - low
    t = r * r
    c = r - t * (_P1 + t * (_P2 + t * (_P3 + t * (_P4 + t * _P5))))
    return math.ldexp(1.0 - ((low - (r * c) / (2.0 - c)) - high), k)
