using Casemate.Quoting;

namespace Casemate.Cli.Run;

/// <summary>Makes evidence through another provider and tells somebody of each piece.</summary>
internal class AccountedEvidenceProvider : IEvidenceProvider
{
    private readonly IEvidenceProvider _inner;
    private readonly Func<ReadOnlyMemory<byte>, ValueTask> _made;

    private AccountedEvidenceProvider(IEvidenceProvider inner, Func<ReadOnlyMemory<byte>, ValueTask> made) =>
        (_inner, _made) = (inner, made);

    public string Tee => _inner.Tee;

    /// <summary>Wraps a provider; the result has runtime measurements if, and only if, the inner one has.</summary>
    public static IEvidenceProvider Wrap(IEvidenceProvider inner, Func<ReadOnlyMemory<byte>, ValueTask> made) =>
        inner is IRuntimeMeasurements measurements
            ? new WithMeasurements(inner, measurements, made)
            : new AccountedEvidenceProvider(inner, made);

    public async ValueTask<ReadOnlyMemory<byte>> GetEvidenceAsync(ReadOnlyMemory<byte> reportData, CancellationToken cancellationToken)
    {
        var evidence = await _inner.GetEvidenceAsync(reportData, cancellationToken);
        await _made(evidence);
        return evidence;
    }

    private sealed class WithMeasurements(
        IEvidenceProvider inner, IRuntimeMeasurements measurements, Func<ReadOnlyMemory<byte>, ValueTask> made)
        : AccountedEvidenceProvider(inner, made), IRuntimeMeasurements
    {
        public ValueTask ExtendAsync(string entry, CancellationToken cancellationToken) =>
            measurements.ExtendAsync(entry, cancellationToken);
    }
}
