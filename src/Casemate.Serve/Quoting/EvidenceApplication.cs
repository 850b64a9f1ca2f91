using System.Collections.Immutable;
using Casemate.Attestation;
using Casemate.Attestation.ConfidentialContainers;
using Casemate.Attestation.Dcap;
using Casemate.Attestation.Snp;
using Casemate.Collateral;
using Casemate.Collateral.Service;
using Casemate.Primitives.Sockets;
using Casemate.Quoting;
using Casemate.Quoting.Service;
using Casemate.Serve.Http;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Casemate.Serve.Quoting;

/// <summary>
/// Answers the requests of the evidence endpoint. Statuses: 400 malformed, 403 not a peer that the kernel names, 404 unknown path or
/// evidence that this node cannot make, 405, 413, 422 a report that is not for this machine, 424 no collateral, 500, 503 try again.
/// </summary>
internal sealed class EvidenceApplication(
    string endpoint, QuoteService service, ImmutableArray<NodeEvidenceSource> sources, bool quotesEnclaves, ICollateralSource? collateral,
    IPeerResolver peers, QuoteMetrics metrics, TimeProvider time, ILogger logger) : LocalApplication
{
    /// <summary>The one path.</summary>
    public const string Path = "/v1/evidence";

    private const string Documented = "The handbook's page 'quotes' describes the request.";

    protected override Task RouteAsync(HttpContext context)
    {
        if (context.Request.Path.Value is not Path)
        {
            return JsonAnswer.ErrorAsync(
                context, StatusCodes.Status404NotFound, "NoSuchPath", AesmError.InterfaceUnavailable, $"The path is {Path}.", Documented);
        }

        if (HttpMethods.IsGet(context.Request.Method))
        {
            return DescribeAsync(context);
        }

        if (HttpMethods.IsPost(context.Request.Method))
        {
            return MakeAsync(context);
        }

        context.Response.Headers.Allow = "GET, POST";
        return JsonAnswer.ErrorAsync(
            context, StatusCodes.Status405MethodNotAllowed, "MethodNotAllowed", AesmError.Parameter,
            "GET describes the node, POST makes evidence.", Documented);
    }

    protected override Task RefuseAsync(HttpContext context, BadHttpRequestException problem) =>
        JsonAnswer.ErrorAsync(
            context, problem.StatusCode, "MalformedRequest", AesmError.Parameter, "The request cannot be read.", Documented);

    protected override Task FailAsync(HttpContext context, Exception failure)
    {
        QuotingLog.RequestFailed(logger, Path, failure);
        return JsonAnswer.ErrorAsync(
            context, StatusCodes.Status500InternalServerError, "Unexpected", AesmError.Unexpected, "The request failed.",
            "The quote helper's log says why.");
    }

    private Task DescribeAsync(HttpContext context) => JsonAnswer.WriteAsync(context, StatusCodes.Status200OK, writer =>
    {
        writer.WriteStartArray("evidence"u8);
        foreach (var source in sources)
        {
            writer.WriteStartObject();
            writer.WriteString("tee"u8, KbsTee.NameOf(source.Tee));
            writer.WriteString("provider"u8, source.Name);
            writer.WriteBoolean("simulated"u8, source.Simulated);
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
        writer.WriteBoolean("quotesEnclaveReports"u8, quotesEnclaves);
        writer.WriteBoolean("collateral"u8, collateral is not null);
        if (quotesEnclaves && service.Target is { } target)
        {
            writer.WriteBase64String("sgxTargetInfo"u8, target.TargetInfo.Span);
        }
    });

    private async Task MakeAsync(HttpContext context)
    {
        if (await RequestBody.ReadAsync(context.Request, EvidenceRequest.MaximumSize, context.RequestAborted).ConfigureAwait(false)
            is not { } body)
        {
            context.Response.Headers.Connection = "close";
            await JsonAnswer.ErrorAsync(
                context, StatusCodes.Status413PayloadTooLarge, "RequestTooLarge", AesmError.Parameter,
                $"A request has at most {EvidenceRequest.MaximumSize} bytes.", "Hash the runtime data, and give the hash as reportData.")
                .ConfigureAwait(false);
            return;
        }

        if (!EvidenceRequest.TryRead(body, out var request, out var problem))
        {
            await JsonAnswer.ErrorAsync(
                context, StatusCodes.Status400BadRequest, "MalformedRequest", AesmError.Parameter, problem, Documented)
                .ConfigureAwait(false);
            return;
        }

        // The kernel names the peer of every Unix socket; a connection without a name is none of ours.
        if (context.Features.Get<IConnectionSocketFeature>() is not { } connection
            || !PeerCredential.TryRead(connection.Socket, out var credential))
        {
            await JsonAnswer.ErrorAsync(
                context, StatusCodes.Status403Forbidden, "UnknownPeer", AesmError.Unexpected, "The kernel does not say who asks.",
                "Connect to the socket itself.")
                .ConfigureAwait(false);
            return;
        }

        // The socket of an allocation says whose it is.
        var socket = context.Features.Get<SocketPath>()?.Path ?? endpoint;
        var peer = await peers.ResolveAsync(credential, socket, context.RequestAborted).ConfigureAwait(false);
        if (request!.Report is { } report && quotesEnclaves)
        {
            var outcome = await service.QuoteAsync(peer, new QuoteRequest(report, default), request.Timeout, context.RequestAborted)
                .ConfigureAwait(false);
            await AnswerAsync(context, request, peer, Tee.Sgx, "Report", outcome).ConfigureAwait(false);
            return;
        }

        if (request.Report is not null || SourceOf(request.Tee) is not { } source)
        {
            var (message, remedy) = Missing(request);
            await JsonAnswer.ErrorAsync(
                context, StatusCodes.Status404NotFound, "NoSuchEvidence", AesmError.NoDevice, message, remedy).ConfigureAwait(false);
            return;
        }

        var made = await service.MakeEvidenceAsync(peer, source, request.ReportData, request.Timeout, context.RequestAborted)
            .ConfigureAwait(false);
        await AnswerAsync(context, request, peer, source.Tee, "Evidence", made).ConfigureAwait(false);
    }

    // What there is not, and what to ask for in its place on this very node.
    private (string Message, string Remedy) Missing(EvidenceRequest request)
    {
        var made = string.Join(", ", sources.Select(source => KbsTee.NameOf(source.Tee)));
        if (request.Report is not null)
        {
            return (
                "No enclave is quoted here.",
                sources.IsEmpty ? "Run the enclave on a node with SGX."
                    : $"Run the enclave on a node with SGX; of this node itself there is: {made}.");
        }

        return (
            sources.IsEmpty ? "This node makes no evidence of itself." : $"This node makes no such evidence; it makes: {made}.",
            (request.Tee, quotesEnclaves) switch
            {
                (null or Tee.Sgx, true) => "An SGX enclave is quoted by its own report: give report instead of reportData or runtimeData.",
                _ when sources.IsEmpty => "Run the workload in a confidential guest, on a node whose quote helper has a back end for it.",
                _ => $"Leave tee out to get what this node makes, or run on a node of kind {KbsTee.NameOf(request.Tee!.Value)}.",
            });
    }

    private NodeEvidenceSource? SourceOf(Tee? tee) => sources.FirstOrDefault(source => tee is null || source.Tee == tee);

    private async Task AnswerAsync(
        HttpContext context, EvidenceRequest request, Peer peer, Tee tee, string type, QuoteOutcome outcome)
    {
        metrics.CountRequest(KbsTee.NameOf(tee), "evidence", type, peer, outcome.Error);
        if (outcome.Answer is not { } answer)
        {
            await RefuseAsync(context, outcome.Error).ConfigureAwait(false);
            return;
        }

        var bundle = new EvidenceBundle { Tee = tee, Evidence = answer.Quote, Made = time.GetUtcNow() };
        if (request.WantsCollateral)
        {
            EvidenceBundle? complete;
            try
            {
                complete = await WithCollateralAsync(bundle, answer, context.RequestAborted).ConfigureAwait(false);
            }
            catch (CollateralUnavailableException e)
            {
                await JsonAnswer.ErrorAsync(
                    context, StatusCodes.Status503ServiceUnavailable, "CollateralUnavailable", AesmError.Network,
                    $"The evidence is made, but its collateral cannot be had now: {e.Message}",
                    "Try again, look at the service that --collateral names, or ask without collateral and verify with your own.")
                    .ConfigureAwait(false);
                return;
            }

            if (complete is null)
            {
                await JsonAnswer.ErrorAsync(
                    context, StatusCodes.Status424FailedDependency, "NoCollateral", AesmError.NoPlatformCertificate,
                    "The evidence is made, but there is no collateral for it.",
                    "Start the quote helper with --collateral, or ask without collateral and verify with your own.")
                    .ConfigureAwait(false);
                return;
            }

            bundle = complete;
        }

        await JsonAnswer.DocumentAsync(context, bundle.Write()).ConfigureAwait(false);
    }

    private async ValueTask<EvidenceBundle?> WithCollateralAsync(
        EvidenceBundle bundle, QuoteAnswer answer, CancellationToken cancellationToken)
    {
        if (bundle.Tee is Tee.Snp)
        {
            // Our own source first: it is as fresh as the operator keeps it. The host's table is as old as the host likes.
            var found = collateral is not null && SnpEndorsementQuery.TryCreate(bundle.Evidence.Span) is { } chip
                ? await collateral.FindSnpEndorsementsAsync(chip, cancellationToken).ConfigureAwait(false) : null;
            var endorsements = found is { Vek.IsEmpty: false } ? found : GuestEvidenceAdapter.Endorsements(
                new GuestEvidence(Tee.Snp, bundle.Evidence) { CertificateTable = answer.CertificateTable });
            return endorsements is null ? null : bundle with { SnpEndorsements = endorsements };
        }

        return collateral is not null && DcapCollateralQuery.TryCreate(bundle.Evidence.Span) is { } platform
            && await collateral.FindDcapCollateralAsync(platform, cancellationToken).ConfigureAwait(false) is { } dcap
            ? bundle with { DcapCollateral = dcap } : null;
    }

    private static Task RefuseAsync(HttpContext context, AesmError error)
    {
        var status = error switch
        {
            AesmError.InvalidReport => StatusCodes.Status422UnprocessableEntity,
            AesmError.Busy or AesmError.BackendBusy or AesmError.ServiceStopped or AesmError.ServiceUnavailable
                or AesmError.AttestationKeyNotInitialised => StatusCodes.Status503ServiceUnavailable,
            _ => StatusCodes.Status500InternalServerError,
        };
        if (error is AesmError.Busy or AesmError.BackendBusy)
        {
            context.Response.Headers.RetryAfter = "1";
        }

        // The general text of the code speaks to clients of AESM, for whom it means that EPID is gone.
        var (message, remedy) = error is AesmError.ServiceUnavailable
            ? ("No evidence is given to this client, or none can be recorded now.",
                "Ask the operator to admit the namespace (--allow-namespace), or to look at the log: a full disk is named there.")
            : (AesmErrorText.Meaning(error), AesmErrorText.Remedy(error));
        return JsonAnswer.ErrorAsync(context, status, error.ToString(), error, message, remedy);
    }
}
