"""Many short cells of a byte buffer read at once, eight bytes to a machine word: digits, dates and alphabets without a loop.

A cell is the bytes from start on, as many as its length. Its word is its first eight bytes as one little-endian integer,
zero beyond its end. The buffer has PADDING spare bytes at both ends, so that a word may be fetched just past the last cell.

Digits. In a word that holds «20260312» the lowest byte is «2», the most significant digit. Subtracting «0» from every byte
leaves eight digits; multiplying by 10 and adding the neighbour pairs them up (20, 26, 03, 12), by 100 makes 2026 and 0312,
by 10000 makes 20260312: three multiplications for eight digits of every cell. Shorter numbers are moved to the high end of
their word and filled with «0» in front. A decimal point is squeezed out by moving the digits before it up one byte.

Alphabets. A table says of every two bytes which alphabets they do not belong to, so four look-ups judge a word.

Speed. `take` on a contiguous array costs a third of indexing it; working in portions of PORTION cells keeps what is being
computed in the processor's cache.
"""

import numpy as np
import numpy.typing as npt

PADDING = 32
Bytes = npt.NDArray[np.uint8]
Words = npt.NDArray[np.uint64]
Offsets = npt.NDArray[np.int64]
Mask = npt.NDArray[np.bool_]

PORTION = 16_384
_U = np.uint64
_FIRST = np.array([(1 << (8 * count)) - 1 for count in range(9)], dtype=np.uint64)  # the first `count` bytes of a word
_LAST = np.array([((1 << 64) - 1) ^ ((1 << (8 * (8 - count))) - 1) for count in range(9)], dtype=np.uint64)
_SHIFT = np.array([0, *(8 * (8 - count) for count in range(1, 9))], dtype=np.uint64)  # moves `count` bytes to the high end
_ZEROS, _HIGH, _SIX = _U(0x3030303030303030), _U(0xF0F0F0F0F0F0F0F0), _U(0x0606060606060606)
_ONE, _EIGHT, _BYTE, _LONGEST_SHIFT = _U(1), _U(8), _U(0xFF), _U(63)
_DOT, _PLUS, _MINUS = (_U(sign) for sign in b".+-")
_POWERS = 10 ** np.arange(4)
_MAX_WHOLE = 13  # as in values
_MAX_DIGITS = 15  # with three decimals still inside 64 bits
_YEARS = (1600, 2400)

NOT_CODE, NOT_DIGIT, NOT_ALNUM = 1, 2, 4
_CODE_SIGNS = b"./_-"


def _flags() -> Bytes:
    """What each byte is not. Byte 0 stands for what lies beyond a cell, which is no fault; the text itself holds none."""
    table = np.zeros(256, dtype=np.uint8)
    for byte in range(1, 256):
        is_alnum = byte < 128 and chr(byte).isalnum()
        table[byte] = (
            (0 if is_alnum or byte in _CODE_SIGNS else NOT_CODE) | (0 if 48 <= byte <= 57 else NOT_DIGIT) | (0 if is_alnum else NOT_ALNUM)
        )
    return table


_ALPHABETS = _flags()
_PAIRS: Bytes = (_ALPHABETS[None, :] | _ALPHABETS[:, None]).reshape(-1)  # indexed by two bytes


def aligned(buffer: Bytes) -> Words:
    """The buffer as machine words, one per eight bytes."""
    return buffer[: len(buffer) // 8 * 8].view("<u8")


def words_at(buffer: Words, start: Offsets) -> Words:
    """The eight bytes from each start on: two neighbouring machine words, shifted together."""
    found = np.empty(len(start), dtype=np.uint64)
    for begin in range(0, len(start), PORTION):
        at = start[begin : begin + PORTION]
        word = at >> 3
        shift = (at & 7).view(np.uint64) << _U(3)
        low = buffer.take(word, mode="clip") >> shift
        found[begin : begin + PORTION] = low | ((buffer.take(word + 1, mode="clip") << _ONE) << (_LONGEST_SHIFT - shift))
    return found


def first_bytes(word: Words, length: Offsets) -> Words:
    """Words with what lies beyond the end of their cell cleared."""
    first: Words = word & _FIRST.take(length, mode="clip")
    return first


def is_within(word: Words, alphabet: int) -> Mask:
    """Whether words hold only bytes of an alphabet (NOT_CODE, NOT_DIGIT …)."""
    wrong = _PAIRS.take(word.view(np.uint16), mode="clip").view(np.uint32)
    within: Mask = (wrong & np.uint32(alphabet * 0x01010101)) == 0
    return within


def starts_alnum(word: Words) -> Mask:
    """Whether the first byte is a letter or digit, or there is none."""
    found: Mask = (_ALPHABETS.take((word & _BYTE).view(np.int64), mode="clip") & NOT_ALNUM) == 0
    return found


def decimals(word: Words, length: Offsets, front: Words, scale: int) -> tuple[Offsets, Mask]:
    """Plain numbers such as -12.5 as integers of 10**-scale, and which cells hold one; the others need a closer look.

    `word` has the last eight bytes of a cell at its high end, `front` the eight bytes before those (0 where there are none).
    """
    first = np.where(length > 8, front >> _SHIFT.take(length - 8, mode="clip"), word >> _SHIFT.take(length, mode="clip")) & _BYTE
    is_negative = first == _MINUS
    size = length - (is_negative | (first == _PLUS))
    places, has_point = _point(word, size, scale)
    digits = size - has_point
    behind = _LAST.take(places, mode="clip")
    moved = (word & behind) | (((word << _EIGHT) | (front >> _U(56))) & ~behind)
    value, is_number = _digits(np.where(has_point, moved, word), digits)
    longer = np.flatnonzero((digits > 8) & (digits <= _MAX_DIGITS))
    if len(longer):
        rest = np.where(has_point[longer], front[longer] << _EIGHT, front[longer])
        above, is_front = _digits(rest, digits[longer] - 8)
        value[longer] += above * 100_000_000
        is_number[longer] &= is_front
    value *= _POWERS.take(scale - places, mode="clip")
    is_number &= (digits > 0) & (digits <= _MAX_DIGITS) & (digits - places <= _MAX_WHOLE)
    return np.where(is_negative, -value, value), is_number


def _point(word: Words, size: Offsets, scale: int) -> tuple[Offsets, Mask]:
    """How many digits stand behind a decimal point, at most `scale` of them, and whether there is a point at all."""
    places = np.zeros(len(word), dtype=np.int64)
    has_point = np.zeros(len(word), dtype=bool)
    for place in range(scale + 1):
        is_point = ((word >> _U(56 - 8 * place)) & _BYTE == _DOT) & (size > place) & ~has_point
        places[is_point] = place
        has_point |= is_point
    return places, has_point


def to_high_end(word: Words, length: Offsets) -> Words:
    """Words of at most eight bytes moved so that their last byte is the highest."""
    moved: Words = word << _SHIFT.take(length, mode="clip")
    return moved


def dates(word: Words, length: Offsets) -> tuple[Offsets, Mask]:
    """CCYYMMDD as days since 1970, and which cells are such a date; the others need a closer look."""
    value, is_number = _digits(word, np.full(len(word), 8))
    year_month, day = np.divmod(value, 100)
    year, month = np.divmod(year_month, 100)
    is_date = is_number & (length == 8) & (year >= _YEARS[0]) & (year < _YEARS[1]) & (month >= 1) & (month <= 12)
    place = np.where(is_date, (year - _YEARS[0]) * 12 + month - 1, 0)
    first = _MONTHS.take(place)
    is_date &= (day >= 1) & (day <= _MONTHS.take(place + 1) - first)
    return first + day - 1, is_date


def in_this_century(word: Words) -> Words:
    """YYMMDD with 20 in front."""
    found: Words = (word << _U(16)) | _U(int.from_bytes(b"20", "little"))
    return found


def _digits(word: Words, count: Offsets) -> tuple[Offsets, Mask]:
    """The last `count` bytes (at most eight) of each word as a number, and whether all of them are digits."""
    last = _LAST.take(count, mode="clip")
    word = (word & last) | (_ZEROS & ~last)
    is_number: Mask = ((word & _HIGH) == _ZEROS) & (((word + _SIX) & _HIGH) == _ZEROS)
    word = word - _ZEROS
    word = (word * _U(10) + (word >> _EIGHT)) & _U(0x00FF00FF00FF00FF)
    word = (word * _U(100) + (word >> _U(16))) & _U(0x0000FFFF0000FFFF)
    word = (word * _U(10_000) + (word >> _U(32))) & _U(0xFFFFFFFF)
    return word.view(np.int64), is_number


_MONTHS: Offsets = np.arange(f"{_YEARS[0]}-01", f"{_YEARS[1]}-02", dtype="datetime64[M]").astype("datetime64[D]").astype(np.int64)
