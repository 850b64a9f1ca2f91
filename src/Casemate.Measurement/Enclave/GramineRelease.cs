using System.Collections.Immutable;

namespace Casemate.Measurement.Enclave;

/// <summary>
/// How one release of Gramine lays out an enclave. What is not in <see cref="Known"/> is not guessed at.
/// Source: Gramine, <c>pal/src/host/linux-sgx/{pal_linux_defs.h,pal_tcb.h}</c>, <c>python/graminelibos/sgx_sign.py</c>.
/// </summary>
/// <param name="Name">The release, such as <c>1.8</c>.</param>
/// <param name="LibpalDigests">SHA-256 of each <c>libpal.so</c> that is known to be of this release, lower-case hexadecimal.</param>
/// <param name="Offsets">Where the fields of a thread's first page stand.</param>
public sealed record GramineRelease(string Name, ImmutableArray<string> LibpalDigests, GramineThreadOffsets Offsets)
{
    /// <summary>Pages of one state save area.</summary>
    public const uint SsaFramePages = 4;

    /// <summary>State save areas of a thread.</summary>
    public const uint SsaFrames = 2;

    /// <summary>Pages of a thread's stack.</summary>
    public const ulong StackPages = 64;

    /// <summary>Pages of a thread's stack for signals.</summary>
    public const ulong SignalStackPages = 16;

    /// <summary>The lowest address of the heap.</summary>
    public const ulong HeapStart = 0x1_0000;

    private static readonly GramineThreadOffsets s_offsets2023 = new();

    /// <summary>
    /// The releases that are known. They share one layout; the distributor's builds of <c>libpal.so</c> are many, so that no digest
    /// stands here yet and a release is recognised by the result: no other layout gives the signed value.
    /// </summary>
    public static ImmutableArray<GramineRelease> Known { get; } =
    [
        new("1.8", [], s_offsets2023), new("1.7", [], s_offsets2023), new("1.6", [], s_offsets2023), new("1.5", [], s_offsets2023),
    ];

    /// <summary>Finds a release by name or, without one, by the digest of its <c>libpal.so</c>.</summary>
    /// <param name="name">The name; null when none was given.</param>
    /// <param name="libpalDigest">SHA-256, lower-case hexadecimal.</param>
    /// <returns>The release; null when it is not known.</returns>
    public static GramineRelease? Find(string? name, string libpalDigest) => Known.FirstOrDefault(
        release => name is not null ? release.Name == name : release.LibpalDigests.Contains(libpalDigest, StringComparer.Ordinal));
}
