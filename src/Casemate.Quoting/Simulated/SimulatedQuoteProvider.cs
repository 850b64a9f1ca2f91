using Casemate.Simulator;

namespace Casemate.Quoting.Simulated;

/// <summary>
/// Quotes of a simulated machine: the whole way of a quote without hardware, under a root that no one trusts unless told so. It answers
/// to the key id of Intel's quoting enclave, since that is the only one that clients ask for; the QE report inside of a quote has the
/// simulator's own MRSIGNER.
/// </summary>
public sealed class SimulatedQuoteProvider : IQuoteProvider
{
    private readonly SimulatedQuotingEnclave _enclave;
    private readonly QuotingTarget _target;
    private readonly bool _acceptSdkSimulationReports;

    /// <summary>Makes a provider.</summary>
    /// <param name="machine">The machine.</param>
    /// <param name="acceptSdkSimulationReports">
    /// True: quotes also the reports of enclaves in the simulation mode of Intel's SGX SDK, which anyone can forge. Default: false.
    /// </param>
    public SimulatedQuoteProvider(SimulatedDcap machine, bool acceptSdkSimulationReports = false)
    {
        ArgumentNullException.ThrowIfNull(machine);
        _enclave = machine.QuotingEnclave;
        _target = new QuotingTarget(_enclave.TargetInfo, _enclave.PublicKeyId, _enclave.QuoteSize);
        _acceptSdkSimulationReports = acceptSdkSimulationReports;
    }

    /// <inheritdoc/>
    public string Name => "simulated";

    /// <inheritdoc/>
    public bool Simulated => true;

    /// <inheritdoc/>
    public int MaximumConcurrency => Environment.ProcessorCount;

    /// <inheritdoc/>
    public AttestationKeyId KeyId => AttestationKeyId.IntelQe3;

    /// <inheritdoc/>
    public ValueTask<QuotingTarget> InitialiseAsync(bool refresh, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        return ValueTask.FromResult(_target);
    }

    /// <inheritdoc/>
    public ValueTask<QuoteAnswer> QuoteAsync(QuoteRequest request, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        var report = request.Report.Span;
        if (!_enclave.Accepts(report) && !(_acceptSdkSimulationReports && _enclave.AcceptsSdkSimulation(report)))
        {
            throw new QuoteProviderException(AesmError.InvalidReport, "the report was not made for this quoting enclave on this machine");
        }

        var quote = _enclave.Quote(report);
        ReadOnlyMemory<byte> qeReportInfo =
            request.QeReportInfo.IsEmpty ? default(ReadOnlyMemory<byte>) : _enclave.QeReportInfo(request.QeReportInfo.Span, quote);
        return ValueTask.FromResult(new QuoteAnswer(quote, qeReportInfo));
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}
