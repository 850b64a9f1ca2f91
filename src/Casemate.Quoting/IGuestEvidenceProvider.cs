using Casemate.Attestation;

namespace Casemate.Quoting;

/// <summary>Makes evidence of the confidential guest that this program runs in. Safe for concurrent use.</summary>
public interface IGuestEvidenceProvider
{
    /// <summary>What the guest is protected by.</summary>
    Tee Tee { get; }

    /// <summary>Where the evidence comes from, such as <c>tsm</c>, <c>snp-guest</c> or <c>tdx-guest</c>; for logs and metrics.</summary>
    string Name { get; }

    /// <summary>Makes evidence over <paramref name="reportData"/>.</summary>
    /// <param name="reportData">Exactly 64 bytes, placed in the report unchanged.</param>
    /// <param name="cancellationToken">Stops the wait; evidence already under way is finished and dropped.</param>
    /// <exception cref="ArgumentException"><paramref name="reportData"/> has another size.</exception>
    /// <exception cref="EvidenceProviderException">The TEE or its service refused; the message says what to do.</exception>
    ValueTask<GuestEvidence> GetAsync(ReadOnlyMemory<byte> reportData, CancellationToken cancellationToken);
}
