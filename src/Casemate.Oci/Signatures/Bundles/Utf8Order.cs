using System.Text;

namespace Casemate.Oci.Signatures;

/// <summary>The order of texts by their UTF-8 bytes, which is how Go sorts; UTF-16 puts some pairs the other way round.</summary>
internal sealed class Utf8Order : IComparer<string>
{
    /// <summary>The one instance.</summary>
    public static Utf8Order Instance { get; } = new();

    /// <inheritdoc/>
    public int Compare(string? x, string? y) =>
        Encoding.UTF8.GetBytes(x ?? "").AsSpan().SequenceCompareTo(Encoding.UTF8.GetBytes(y ?? ""));
}
