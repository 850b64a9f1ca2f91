using System.Collections.Immutable;

namespace Casemate.Attestation.Nvidia;

/// <summary>
/// The root certificates that the verification of a GPU accepts, compared byte for byte. Apart from <see cref="TrustRoots"/>, so that no
/// root ever vouches for the other kind of device.
/// </summary>
public sealed class GpuTrustRoots
{
    private readonly ImmutableArray<ReadOnlyMemory<byte>> _simulated;

    private GpuTrustRoots(bool production, ImmutableArray<ReadOnlyMemory<byte>> simulated) =>
        (AcceptsProduction, _simulated) = (production, simulated);

    /// <summary>The NVIDIA Device Identity CA and nothing else.</summary>
    public static GpuTrustRoots Production { get; } = new(true, []);

    /// <summary>No root at all: every chain is refused.</summary>
    public static GpuTrustRoots None { get; } = new(false, []);

    /// <summary>The NVIDIA Device Identity CA, DER: SHA-256 102bf659…7b48, published in NVIDIA/nvtrust.</summary>
    public static ReadOnlyMemory<byte> NvidiaDeviceIdentityCa => PinnedRoots.NvidiaDeviceIdentityCa;

    /// <summary>True when NVIDIA's own root is accepted.</summary>
    public bool AcceptsProduction { get; }

    /// <summary>A copy that also accepts a test's root; verdicts on its chains say <c>simulated</c>.</summary>
    /// <param name="der">The root certificate, DER.</param>
    public GpuTrustRoots AllowSimulatedRoot(ReadOnlySpan<byte> der) => new(AcceptsProduction, _simulated.Add(der.ToArray()));

    /// <summary>Says whether a root is accepted, and whether it is a simulated one.</summary>
    internal (bool Accepted, bool Simulated) Find(ReadOnlySpan<byte> der)
    {
        if (der.SequenceEqual(PinnedRoots.NvidiaDeviceIdentityCa.Span))
        {
            return (AcceptsProduction, false);
        }

        foreach (var root in _simulated)
        {
            if (der.SequenceEqual(root.Span))
            {
                return (true, true);
            }
        }

        return (false, true);
    }
}
