using System.Collections.Immutable;

namespace Casemate.Simulator;

/// <summary>
/// Bytes that replace others <em>before</em> the structure is signed: the way to a correctly signed structure with any field wrong,
/// reserved ones included.
/// </summary>
/// <param name="Offset">Where the first byte goes, from the begin of the structure.</param>
/// <param name="Bytes">The replacement; it must end inside the structure.</param>
/// <example>
/// A SEV-SNP report that is properly signed and names version 6:
/// <code>
/// var snp = platform.Snp(SnpProduct.Milan).With(s => s with { ReportPatches = [new BytePatch(0, [6])] });
/// </code>
/// </example>
public sealed record BytePatch(int Offset, byte[] Bytes)
{
    /// <summary>Applies patches in order.</summary>
    /// <exception cref="ArgumentException">A patch reaches outside <paramref name="target"/>.</exception>
    internal static void Apply(ImmutableArray<BytePatch> patches, Span<byte> target)
    {
        foreach (var patch in patches)
        {
            if (patch.Offset < 0 || patch.Offset > target.Length || patch.Bytes.Length > target.Length - patch.Offset)
            {
                throw new ArgumentException(
                    $"A patch of {patch.Bytes.Length} bytes at {patch.Offset} does not fit into {target.Length} bytes.", nameof(patches));
            }

            patch.Bytes.CopyTo(target[patch.Offset..]);
        }
    }
}
