using Casemate.Attestation;
using Casemate.Quoting.Service.Audit;

namespace Casemate.Quoting.Service;

/// <summary>The quote of an enclave's report.</summary>
internal sealed class QuoteWork(
    IQuoteProvider provider, QuoteRequest request, Func<QuoteRequest, CancellationToken, ValueTask<QuoteAnswer>> make) : ServiceWork
{
    public override Tee Tee => Tee.Sgx;

    public override Task<QuoteAnswer> MakeAsync(CancellationToken cancellationToken) => make(request, cancellationToken).AsTask();

    public override QuoteAuditRecord Record(DateTimeOffset time, Peer peer, AesmError error) =>
        QuoteAuditRecord.Of(time, peer, provider, request.Report.Span, error);

    public override ServiceWork WithOwnMemory() =>
        new QuoteWork(provider, new QuoteRequest(request.Report.ToArray(), request.QeReportInfo.ToArray()), make);
}
