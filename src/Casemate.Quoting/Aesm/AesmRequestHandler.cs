using Casemate.Quoting.Service;
using static Casemate.Quoting.Aesm.AesmFields;

namespace Casemate.Quoting.Aesm;

/// <summary>
/// Carries out requests: checks what the protocol says about their fields, asks the service, and puts the answer into the response.
/// Source: <c>AESMLogicWrapper.cpp</c> and the quoting bundles of Intel's platform software.
/// </summary>
internal sealed class AesmRequestHandler(IQuoteService service)
{
    private const int ListedKeys = 1;

    /// <summary>Answers a request.</summary>
    /// <param name="peer">Who asks.</param>
    /// <param name="request">The request; may refer to memory that lasts until the answer is there.</param>
    /// <param name="cancellationToken">The server stops.</param>
    public async ValueTask<AesmMessage> AnswerAsync(
        Peer peer, AesmMessage request, CancellationToken cancellationToken)
    {
        if (!service.QuotesEnclaves && IsAboutQuotes(request.Type))
        {
            return Refuse(request, AesmError.NoDevice);
        }

        switch (request.Type)
        {
            case AesmMessageType.SelectAttKeyId:
                return Select(request);
            case AesmMessageType.GetSupportedAttKeyIdNum:
                return Success(request).With(GetSupportedAttKeyIdNum.Number, ListedKeys);
            case AesmMessageType.GetSupportedAttKeyIds:
                return ListKeys(request);
            case AesmMessageType.InitQuoteEx:
                return await InitialiseAsync(peer, request, cancellationToken).ConfigureAwait(false);
            case AesmMessageType.GetQuoteSizeEx:
                return Size(request);
            case AesmMessageType.GetQuoteEx:
                return await QuoteAsync(peer, request, cancellationToken).ConfigureAwait(false);
            case AesmMessageType.UnsupportedRequest:
                return Refuse(request, AesmError.Unexpected);
            default:
                // EPID and launch control: their services are gone, and clients that ask are told so in the message that they wait for.
                return Refuse(request, AesmError.ServiceUnavailable);
        }
    }

    private static bool IsAboutQuotes(AesmMessageType type) => type is AesmMessageType.SelectAttKeyId
        or AesmMessageType.GetSupportedAttKeyIdNum or AesmMessageType.GetSupportedAttKeyIds or AesmMessageType.InitQuoteEx
        or AesmMessageType.GetQuoteSizeEx or AesmMessageType.GetQuoteEx;

    private static AesmMessage Success(AesmMessage request) => AesmMessage.Response(request.Type, AesmError.Success);

    private static AesmMessage Refuse(AesmMessage request, AesmError error) => AesmMessage.Response(request.Type, error);

    // 0 would be a client that gives up at once; no client means that, and Intel's library has it mean its own default.
    private static TimeSpan? TimeoutOf(AesmMessage request) =>
        request.Number(ClientTimeout) is > 0 and var milliseconds ? TimeSpan.FromMilliseconds((double)milliseconds) : null;

    private AesmMessage Select(AesmMessage request)
    {
        if (request.Bytes(SelectAttKeyId.List) is { } list)
        {
            if (!service.KeyId.TryFindIn(list.Span, out var found))
            {
                return Refuse(request, AesmError.Parameter);
            }

            if (!found)
            {
                return Refuse(request, AesmError.UnsupportedAttestationKey);
            }
        }

        return Success(request).With(SelectAttKeyId.Selected, service.KeyId.Bytes);
    }

    private AesmMessage ListKeys(AesmMessage request) =>
        request.Number(GetSupportedAttKeyIds.BufferSize) == ListedKeys * AttestationKeyId.Size
            ? Success(request).With(GetSupportedAttKeyIds.KeyIds, service.KeyId.Bytes)
            : Refuse(request, AesmError.Parameter);

    private async ValueTask<AesmMessage> InitialiseAsync(Peer peer, AesmMessage request, CancellationToken cancellationToken)
    {
        if (CheckKeyId(request.Bytes(InitQuoteEx.KeyId)) is not AesmError.Success and var wrongKey)
        {
            return Refuse(request, wrongKey);
        }

        var wantsPublicKeyId = request.Number(InitQuoteEx.WantsPublicKeyId) != 0;
        if (wantsPublicKeyId && request.Number(InitQuoteEx.BufferSize) is not >= QuotingTarget.PublicKeyIdSize)
        {
            return Refuse(request, AesmError.Parameter);
        }

        if (service.Target is not { } target)
        {
            var outcome = await service.InitialiseAsync(peer, TimeoutOf(request), cancellationToken).ConfigureAwait(false);
            if (outcome.Target is null)
            {
                return Refuse(request, outcome.Error is AesmError.Success ? AesmError.Unexpected : outcome.Error);
            }

            target = outcome.Target;
        }

        return Success(request)
            .With(InitQuoteEx.TargetInfo, target.TargetInfo)
            .With(InitQuoteEx.PublicKeyIdSize, QuotingTarget.PublicKeyIdSize)
            .With(InitQuoteEx.PublicKeyId, wantsPublicKeyId ? target.PublicKeyId : default);
    }

    private AesmMessage Size(AesmMessage request)
    {
        if (CheckKeyId(request.Bytes(GetQuoteSizeEx.KeyId)) is not AesmError.Success and var wrongKey)
        {
            return Refuse(request, wrongKey);
        }

        return service.Target is { } target
            ? Success(request).With(GetQuoteSizeEx.QuoteSize, (uint)target.QuoteSize)
            : Refuse(request, AesmError.AttestationKeyNotInitialised);
    }

    private async ValueTask<AesmMessage> QuoteAsync(Peer peer, AesmMessage request, CancellationToken cancellationToken)
    {
        var report = request.Bytes(GetQuoteEx.Report) ?? default;
        var qeReportInfo = request.Bytes(GetQuoteEx.QeReportInfo);
        if (report.Length != QuoteRequest.ReportSize || qeReportInfo is { Length: not QuoteRequest.QeReportInfoSize })
        {
            return Refuse(request, AesmError.Parameter);
        }

        if (CheckKeyId(request.Bytes(GetQuoteEx.KeyId)) is not AesmError.Success and var wrongKey)
        {
            return Refuse(request, wrongKey);
        }

        if (service.Target is not { } target)
        {
            return Refuse(request, AesmError.AttestationKeyNotInitialised);
        }

        // Known before the quote is made, so a buffer that is too small costs no quote.
        var bufferSize = request.Number(GetQuoteEx.BufferSize) ?? 0;
        if (bufferSize < (ulong)target.QuoteSize)
        {
            return Refuse(request, AesmError.Parameter);
        }

        var asked = new QuoteRequest(report, qeReportInfo ?? default);
        var outcome = await service.QuoteAsync(peer, asked, TimeoutOf(request), cancellationToken).ConfigureAwait(false);
        if (outcome.Answer is not { } answer)
        {
            return Refuse(request, outcome.Error is AesmError.Success ? AesmError.Unexpected : outcome.Error);
        }

        return bufferSize < (ulong)answer.Quote.Length
            ? Refuse(request, AesmError.Parameter)
            : Success(request).With(GetQuoteEx.Quote, answer.Quote).With(GetQuoteEx.AnsweredQeReportInfo, answer.QeReportInfo);
    }

    private AesmError CheckKeyId(ReadOnlyMemory<byte>? keyId) =>
        keyId is not { Length: >= AttestationKeyId.Size } present ? AesmError.Parameter
        : service.KeyId.Matches(present.Span) ? AesmError.Success
        : AesmError.UnsupportedAttestationKey;
}
