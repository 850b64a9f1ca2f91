using System.Text;

namespace Casemate.Rego;

/// <summary>A string of Unicode characters; compared by code point.</summary>
public sealed class RegoString : RegoValue
{
    internal static readonly RegoString Empty = new("");

    private int _hash;
    private int _codePoints = -1;

    private RegoString(string value) => Value = value;

    /// <summary>The text; valid UTF-16.</summary>
    public string Value { get; }

    /// <inheritdoc/>
    public override RegoValueKind Kind => RegoValueKind.String;

    /// <summary>The number of characters (code points).</summary>
    public int Length
    {
        get
        {
            if (_codePoints < 0)
            {
                var count = Value.Length;
                foreach (var c in Value)
                {
                    if (char.IsLowSurrogate(c))
                    {
                        count--;
                    }
                }

                _codePoints = count;
            }

            return _codePoints;
        }
    }

    /// <summary>True when every character is one UTF-16 unit, so that offsets agree.</summary>
    internal bool IsSimple => Length == Value.Length;

    internal override long ShallowBytes => 40 + (2L * Value.Length);

    /// <inheritdoc/>
    public override int GetHashCode()
    {
        if (_hash == 0)
        {
            var hash = string.GetHashCode(Value, StringComparison.Ordinal);
            _hash = hash == 0 ? 1 : hash;
        }

        return _hash;
    }

    internal static RegoString Create(string value)
    {
        ArgumentNullException.ThrowIfNull(value);
        if (value.Length == 0)
        {
            return Empty;
        }

        if (value.AsSpan().IndexOfAnyInRange('\uD800', '\uDFFF') < 0)
        {
            return new RegoString(value);
        }

        for (var i = 0; i < value.Length; i++)
        {
            if (char.IsSurrogate(value[i]))
            {
                if (i + 1 < value.Length && char.IsSurrogatePair(value[i], value[i + 1]))
                {
                    i++;
                    continue;
                }

                return new RegoString(Encoding.UTF8.GetString(Encoding.UTF8.GetBytes(value)));
            }
        }

        return new RegoString(value);
    }

    internal static int CompareByCodePoint(string a, string b)
    {
        var length = Math.Min(a.Length, b.Length);
        var i = a.AsSpan(0, length).CommonPrefixLength(b.AsSpan(0, length));
        if (i == length)
        {
            return a.Length.CompareTo(b.Length);
        }

        // Surrogates stand for characters above all others, but their units lie below U+E000.
        var (x, y) = (a[i], b[i]);
        return char.IsSurrogate(x) == char.IsSurrogate(y) ? x.CompareTo(y) : char.IsSurrogate(x) ? 1 : -1;
    }

    internal override int CompareSameKind(RegoValue other) => CompareByCodePoint(Value, ((RegoString)other).Value);

    internal override bool EqualsSameKind(RegoValue other) => Value == ((RegoString)other).Value;
}
