using Casemate.Collateral.Pccs;
using Casemate.Collateral.Service;
using Casemate.Collateral.Store;
using Microsoft.AspNetCore.Http;

namespace Casemate.Serve.Pccs;

/// <content>Certificates, CRLs and signed documents.</content>
internal sealed partial class PccsApplication
{
    private Task PckCrlAsync(HttpContext context, PccsQuery query)
    {
        if (query["uri"] is not null)
        {
            return CrlAsync(context, query);                                // so Azure's client spells it
        }

        var ca = query["ca"];
        var encoding = query["encoding"];
        if (ca is not ("processor" or "platform" or "PROCESSOR" or "PLATFORM"))
        {
            return PccsAnswer.Invalid("'ca' is neither 'processor' nor 'platform'").WriteAsync(context);
        }

        return encoding is not (null or "der" or "DER" or "pem")
            ? PccsAnswer.Invalid("'encoding' is not 'der'").WriteAsync(context)
            : DocumentAsync(
                context, CollateralKey.PckCrl(ca is "platform" or "PLATFORM"), _fetch, encoding is "der" or "DER" ? AnswerForm.DerCrl
                    : AnswerForm.HexCrl);
    }

    private Task CrlAsync(HttpContext context, PccsQuery query) => _crls.Find(query["uri"] ?? "") is { } key
        ? DocumentAsync(context, key, _fetch, AnswerForm.DerCrl)
        : PccsAnswer.Invalid("'uri' is not the address of a revocation list of Intel's; no other address is looked up").WriteAsync(context);

    private Task TcbAsync(HttpContext context, PccsQuery query, PccsTarget target)
    {
        var update = PccsParameters.Update(query, out var error);
        error = PccsParameters.IsHex(query["fmspc"], 12) ? error : "'fmspc' is not 12 hex digits";
        if (error.Length > 0)
        {
            return PccsAnswer.Invalid(error).WriteAsync(context);
        }

        // Intel's version 3 has ended and is never asked; what an administrator brought is still served.
        return target.Version == 3
            ? DocumentAsync(context, CollateralKey.TcbInfo(target.Tee, query["fmspc"]!, update, 3), CollateralFetch.Never,
                AnswerForm.Version3)
            : DocumentAsync(context, CollateralKey.TcbInfo(target.Tee, query["fmspc"]!, update), _fetch, AnswerForm.Version4);
    }

    private Task IdentityAsync(HttpContext context, PccsQuery query, PccsTarget target)
    {
        var update = PccsParameters.Update(query, out var error);
        return error.Length > 0
            ? PccsAnswer.Invalid(error).WriteAsync(context)
            : DocumentAsync(
                context,
                target.Route is PccsRoute.QveIdentity ? CollateralKey.QveIdentity(update) : CollateralKey.QeIdentity(target.Tee, update),
                _fetch, AnswerForm.Version4);
    }

    // Nobody signs the list: it says what there is to fetch, and no verdict rests on it.
    private Task FmspcsAsync(HttpContext context, PccsQuery query)
    {
        PlatformSelection? platforms = query["platform"] switch
        {
            null or "all" => PlatformSelection.All,
            "client" => PlatformSelection.Client,
            "E3" => PlatformSelection.E3,
            "E5" => PlatformSelection.E5,
            _ => null,
        };
        return platforms is { } which
            ? DocumentAsync(context, CollateralKey.Fmspcs(which), _fetch, AnswerForm.Version4)
            : PccsAnswer.Invalid("'platform' is none of 'all', 'client', 'E3' and 'E5'").WriteAsync(context);
    }

    private Task KdsAsync(HttpContext context, PccsQuery query)
    {
        if (PccsParameters.Kds(context.Request.Path.Value!, query, out var error) is { } key)
        {
            return DocumentAsync(context, key, _fetchKds, AnswerForm.Kds);
        }

        return (error.Length > 0
            ? PccsAnswer.Invalid(error)
            : new PccsAnswer(
                StatusCodes.Status404NotFound, "There is no such path: see AMD's document 57230, with Milan, Genoa and Turin."))
            .WriteAsync(context);
    }

    private async Task DocumentAsync(HttpContext context, CollateralKey key, CollateralFetch fetch, AnswerForm form)
    {
        if (await WaitAsync(_service.GetAsync(key, fetch), context).ConfigureAwait(false) is not { } outcome)
        {
            return;
        }

        if (outcome.Collateral is { } collateral)
        {
            await _prepared.Document(collateral, form).WriteAsync(context, outcome.Status is CollateralStatus.Stale).ConfigureAwait(false);
            return;
        }

        await Missing(outcome.Status, outcome.Problem, outcome.RetryAfter, form, fetch).WriteAsync(context).ConfigureAwait(false);
    }

    private PccsAnswer Missing(
        CollateralStatus status, string problem, TimeSpan? retryAfter, AnswerForm form, CollateralFetch fetch) => status switch
        {
            CollateralStatus.NotFound or CollateralStatus.Expired when form is AnswerForm.Version3 => new(
                StatusCodes.Status410Gone, "Intel no longer issues documents of API version 3, and none is cached. Use version 4."),
            CollateralStatus.Expired when fetch is CollateralFetch.Never => new(
                StatusCodes.Status404NotFound, $"No cache data: {problem}. {Remedy()}"),
            CollateralStatus.NotFound => new(
                StatusCodes.Status404NotFound, fetch is CollateralFetch.Never ? $"No cache data: {problem}. {Remedy()}"
                    : $"No cache data: {problem}."),
            CollateralStatus.UpstreamBusy when form is AnswerForm.Kds => new(
                StatusCodes.Status429TooManyRequests, $"Not cached, and AMD's service may not be asked now: {problem}.",
                    retryAfter ?? AskAgain),
            CollateralStatus.UpstreamBusy => new(
                StatusCodes.Status503ServiceUnavailable, $"Not cached, and the upstream may not be asked now: {problem}.",
                    retryAfter ?? AskAgain),
            CollateralStatus.NotVerifiable =>
                new(PccsStatus.NotVerifiable, $"The upstream's answer cannot be verified and was dropped: {problem}."),
            _ => new(StatusCodes.Status502BadGateway, $"The upstream could not be asked: {problem}.", retryAfter),
        };

    private string Remedy() => _options.Mode switch
    {
        CollateralMode.Offline => "This service is offline: an administrator brings collateral with PUT platformcollateral.",
        CollateralMode.Request => "This service fetches when a machine registers (POST platforms), not when somebody asks.",
        _ => "",
    };

    private async Task PckCertificateAsync(HttpContext context, PccsQuery query)
    {
        if (PccsParameters.PckCertificate(query, out var zeroPpid, out var error) is not { } asked)
        {
            await PccsAnswer.Invalid(error).WriteAsync(context).ConfigureAwait(false);
            return;
        }

        // What is cached answers first and without the PPID: whoever names another machine's id must not change what is known of it.
        var cached = _service.GetPckCertificateAsync(asked with { EncryptedPpid = "" }, CollateralFetch.Never);
        if (await WaitAsync(cached, context).ConfigureAwait(false) is not { } outcome)
        {
            return;
        }

        if (outcome.Certificate is null && _fetch is not CollateralFetch.Never)
        {
            var known = await _store.ReadPlatformAsync(
                asked.QeId.ToLowerInvariant(), asked.PceId.ToLowerInvariant(), context.RequestAborted).ConfigureAwait(false);
            if (known is null && Refuse(context, asked) is { } refusal)
            {
                await refusal.WriteAsync(context).ConfigureAwait(false);
                return;
            }

            var question = known is { EncryptedPpid.Length: > 0 } or { PlatformManifest.Length: > 0 } ? asked with { EncryptedPpid = "" }
                : asked;
            if (await WaitAsync(_service.GetPckCertificateAsync(question, _fetch), context).ConfigureAwait(false) is not { } fetched)
            {
                return;
            }

            outcome = fetched;
        }

        if (outcome.Certificate is { } certificate)
        {
            // Azure's client sends this header to the metadata service, and wants its form of the answer.
            var asJson = context.Request.Headers["Metadata"] == "true";
            await _prepared.Certificate(certificate, asJson).WriteAsync(
                context, outcome.Status is CollateralStatus.Stale).ConfigureAwait(false);
            return;
        }

        await (await MissingCertificateAsync(asked, zeroPpid, outcome).ConfigureAwait(false)).WriteAsync(context).ConfigureAwait(false);
    }

    // Nothing proves that who asks is the machine whose id it names: certificates would be kept under any id that anybody thinks of.
    private PccsAnswer? Refuse(HttpContext context, PckQuery asked)
    {
        if (_options.RegisteredMachinesOnly)
        {
            return new PccsAnswer(
                PccsStatus.PlatformUnknown, "The platform is not known, and this service answers for registered ones only: POST platforms.");
        }

        if (_newMachines.TryTake(context.Connection.RemoteIpAddress, asked.QeId, out var source, out var retryAfter))
        {
            return null;
        }

        PccsLog.TooManyNewMachines(_logger, source!, _options.MaxNewMachinesPerSource);
        return new PccsAnswer(
            StatusCodes.Status503ServiceUnavailable,
            $"From {source} came questions for too many machines that are not known here within an hour; one source may bring "
            + $"{_options.MaxNewMachinesPerSource}. "
            + "Register them (POST platforms), or raise the limit of this service.",
            retryAfter);
    }

    private async ValueTask<PccsAnswer> MissingCertificateAsync(PckQuery asked, bool zeroPpid, PckCertificateOutcome outcome)
    {
        switch (outcome.Status)
        {
            case CollateralStatus.PlatformUnknown when zeroPpid && _fetch is not CollateralFetch.Never:
                return new PccsAnswer(
                    StatusCodes.Status404NotFound,
                    "No cache data: the PPID is all zero and there is no platform manifest. "
                    + "Register the machine with its manifest (POST platforms).");
            case CollateralStatus.PlatformUnknown:
                return new PccsAnswer(
                    PccsStatus.PlatformUnknown,
                        $"The platform is not known to this service. Register it with POST platforms. {Remedy()}".TrimEnd());
            case CollateralStatus.CertificateUnavailable:
                var all =
                    await _service.GetAsync(
                        CollateralKey.PckCertificates(asked.QeId, asked.PceId), CollateralFetch.Never).ConfigureAwait(false);
                return all.Collateral is not { } certificates
                    ? _fetch is CollateralFetch.Never
                        ? new PccsAnswer(
                            PccsStatus.PlatformUnknown,
                                $"The platform registered, and its certificates are not here yet. {Remedy()}".TrimEnd())
                        : new PccsAnswer(StatusCodes.Status404NotFound, $"No cache data: {outcome.Problem}.")
                    : certificates.Raw.Span.IndexOf("Not available"u8) >= 0
                        ? new PccsAnswer(
                            PccsStatus.CertificatesUnavailable, $"Certificates are not available for some TCBs: {outcome.Problem}.")
                        : new PccsAnswer(StatusCodes.Status404NotFound, $"No cache data: {outcome.Problem}.");
            default:
                return Missing(outcome.Status, outcome.Problem, outcome.RetryAfter, AnswerForm.Version4, _fetch);
        }
    }
}
