namespace Casemate.Oci;

/// <summary>Orders names by their UTF-8 bytes, as every language sorts them that has no UTF-16: by code point.</summary>
internal sealed class Utf8Order : IComparer<string>
{
    public static Utf8Order Instance { get; } = new();

    public int Compare(string? x, string? y)
    {
        if (x is null || y is null)
        {
            return (x is null ? 0 : 1) - (y is null ? 0 : 1);
        }

        var length = Math.Min(x.Length, y.Length);
        for (var i = 0; i < length; i++)
        {
            if (x[i] != y[i])
            {
                // Surrogates stand for the code points above U+FFFF, and so sort behind U+E000 to U+FFFF.
                var (a, b) = (char.IsSurrogate(x[i]), char.IsSurrogate(y[i]));
                return a == b ? x[i] - y[i] : a ? 1 : -1;
            }
        }

        return x.Length - y.Length;
    }
}
