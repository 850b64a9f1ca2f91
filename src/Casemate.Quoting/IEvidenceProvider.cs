namespace Casemate.Quoting;

/// <summary>Makes evidence of the TEE at hand. One call, one piece of evidence; the provider keeps nothing of the caller.</summary>
public interface IEvidenceProvider
{
    /// <summary>The name of the TEE in the KBS protocol: <c>snp</c>, <c>sgx</c>, <c>tdx</c> or <c>sample</c>.</summary>
    string Tee { get; }

    /// <summary>Makes evidence over <paramref name="reportData"/>.</summary>
    /// <param name="reportData">Exactly 64 bytes, placed in the report unchanged.</param>
    /// <param name="cancellationToken">Stops the wait; evidence already under way is finished and dropped.</param>
    /// <returns>The JSON text of <c>primary_evidence</c> as the KBS protocol has it for <see cref="Tee"/>, UTF-8.</returns>
    /// <exception cref="EvidenceProviderException">The TEE or its service refused.</exception>
    ValueTask<ReadOnlyMemory<byte>> GetEvidenceAsync(ReadOnlyMemory<byte> reportData, CancellationToken cancellationToken);
}
