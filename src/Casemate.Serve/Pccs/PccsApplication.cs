using System.Security.Cryptography;
using Casemate.Collateral.Pccs;
using Casemate.Collateral.Service;
using Casemate.Collateral.Store;
using Casemate.Serve.Http;
using Casemate.Serve.Metrics;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Casemate.Serve.Pccs;

/// <summary>
/// The caching services of Intel (PCCS) and AMD (KDS) over HTTP, one handler for every request. Source: reference PCCS, API v3 and v4;
/// AMD 57230, chapter 4.
/// </summary>
internal sealed partial class PccsApplication
{
    private const string EndOfLife = "299 - \"Version 3 of this interface is at its end: use version 4\"";
    private static readonly TimeSpan AskAgain = TimeSpan.FromSeconds(5);

    private readonly CollateralServerOptions _options;
    private readonly CollateralService _service;
    private readonly ICollateralStore _store;
    private readonly RegistrationQueue _queue;
    private readonly AppraisalPolicies _policies;
    private readonly PccsMetrics _metrics;
    private readonly HealthAnswers _health;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly PreparedAnswers _prepared = new();
    private readonly CrlAddresses _crls;
    private readonly TokenHash _user;
    private readonly TokenHash _admin;
    private readonly NewMachineLimit _newMachines;
    private readonly CollateralFetch _fetch;
    private readonly CollateralFetch _fetchKds;
    private volatile bool _open;

    public PccsApplication(
        CollateralServerOptions options, CollateralService service, ICollateralStore store, RegistrationQueue queue,
            AppraisalPolicies policies,
        PccsMetrics metrics, PrometheusText prometheus, TimeProvider time, ILogger logger)
    {
        (_options, _service, _store, _queue, _policies) = (options, service, store, queue, policies);
        (_metrics, _health, _time, _logger) = (metrics, new HealthAnswers(prometheus), time, logger);
        _crls = new CrlAddresses(options.RootCrlAddresses.IsDefault ? [] : options.RootCrlAddresses);
        (_user, _admin) = (new TokenHash(options.UserTokenHash), new TokenHash(options.AdminTokenHash));
        _newMachines = new NewMachineLimit(options.MaxNewMachinesPerSource, time);
        _fetch = options.Mode is CollateralMode.Lazy ? CollateralFetch.WhenMissing : CollateralFetch.Never;
        _fetchKds = options.Mode is CollateralMode.Offline ? CollateralFetch.Never : CollateralFetch.WhenMissing;
    }

    /// <summary>Whether the service wants requests: between start and the beginning of the stop.</summary>
    public bool IsOpen
    {
        get => _open;
        set => _open = value;
    }

    /// <summary>Answers a request.</summary>
    public async Task HandleAsync(HttpContext context)
    {
        var started = _time.GetTimestamp();
        var target = PccsTarget.Of(context.Request.Path.Value ?? "");
        var requestId = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(16));
        context.Response.Headers["Request-ID"] = requestId;
        if (target.Version == 3)
        {
            context.Response.Headers["Warning"] = EndOfLife;
        }

        try
        {
            await DispatchAsync(context, target).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (context.RequestAborted.IsCancellationRequested)
        {
            // The client went away: nobody is left to answer.
        }
        catch (BadHttpRequestException e) when (!context.Response.HasStarted)
        {
            await BodyError(e.StatusCode).WriteAsync(context).ConfigureAwait(false);
        }
        catch (Exception e) when (!context.Response.HasStarted)
        {
            PccsLog.RequestFailed(_logger, target.Route, requestId, e);
            var storage = e is CollateralStoreException or IOException or UnauthorizedAccessException;
            await new PccsAnswer(
                StatusCodes.Status500InternalServerError,
                $"{(storage ? "The store of this service cannot be used" : "The request failed")}; "
                + $"its log says more about request {requestId}.")
                .WriteAsync(context).ConfigureAwait(false);
        }
        finally
        {
            _metrics.Count(target.Route, context.Response.StatusCode, _time.GetElapsedTime(started));
        }
    }

    private Task DispatchAsync(HttpContext context, PccsTarget target)
    {
        var method = context.Request.Method;
        if (target.Route is PccsRoute.Unknown)
        {
            return new PccsAnswer(
                StatusCodes.Status404NotFound,
                    "There is no such path: certification routes are under /sgx/certification/v4/, /tdx/certification/v4/.")
                .WriteAsync(context);
        }

        if (!PccsQuery.TryRead(context.Request.QueryString.Value, out var query, out var error))
        {
            return PccsAnswer.Invalid(error).WriteAsync(context);
        }

        return (target.Route, method) switch
        {
            (PccsRoute.PckCertificate, "GET" or "HEAD") => PckCertificateAsync(context, query),
            (PccsRoute.PckCrl, "GET" or "HEAD") => PckCrlAsync(context, query),
            (PccsRoute.Tcb, "GET" or "HEAD") => TcbAsync(context, query, target),
            (PccsRoute.QeIdentity or PccsRoute.QveIdentity, "GET" or "HEAD") => IdentityAsync(context, query, target),
            (PccsRoute.RootCaCrl, "GET" or "HEAD") => DocumentAsync(context, CollateralKey.RootCaCrl(), _fetch, AnswerForm.HexCrl),
            (PccsRoute.Crl, "GET" or "HEAD") => CrlAsync(context, query),
            (PccsRoute.TcbEvaluationNumbers, "GET" or "HEAD") =>
                DocumentAsync(context, CollateralKey.TcbEvaluationNumbers(target.Tee), _fetch, AnswerForm.Version4),
            (PccsRoute.Fmspcs, "GET" or "HEAD") => FmspcsAsync(context, query),
            (PccsRoute.Kds, "GET" or "HEAD") => KdsAsync(context, query),
            (PccsRoute.Platforms, "POST") => RegisterAsync(context, query),
            (PccsRoute.Platforms, "GET") => ListPlatformsAsync(context, query),
            (PccsRoute.PlatformCollateral, "PUT") => ImportAsync(context),
            (PccsRoute.Refresh, "GET" or "POST") => RefreshAsync(context, query),
            (PccsRoute.AppraisalPolicy, "PUT") => PutPolicyAsync(context),
            (PccsRoute.AppraisalPolicy, "GET") => GetPolicyAsync(context, query),
            (PccsRoute.Health, "GET" or "HEAD") => HealthAnswers.HealthAsync(context),
            (PccsRoute.Ready, "GET" or "HEAD") => ReadyAsync(context),
            (PccsRoute.Metrics, "GET") => _health.MetricsAsync(context),
            _ => NotAllowedAsync(context, target.Route),
        };
    }

    private static Task NotAllowedAsync(HttpContext context, PccsRoute route)
    {
        context.Response.Headers.Allow = route switch
        {
            PccsRoute.Platforms or PccsRoute.Refresh => "GET, POST",
            PccsRoute.PlatformCollateral => "PUT",
            PccsRoute.AppraisalPolicy => "GET, PUT",
            PccsRoute.Metrics => "GET",
            _ => "GET, HEAD",
        };
        return new PccsAnswer(StatusCodes.Status405MethodNotAllowed, "The path does not know this method.").WriteAsync(context);
    }

    // False only when nothing usable is cached and nobody can be reached who has something.
    private async Task ReadyAsync(HttpContext context)
    {
        var ready = _open;
        var text = "stopping";
        if (ready && !_service.HasCollateral)
        {
            var probe = _options.Mode is CollateralMode.Offline || _options.Upstreams.IsDefaultOrEmpty ? null
                : _options.Upstreams.Any(upstream => upstream.Offers(CollateralKey.RootCaCrl())) ? CollateralKey.RootCaCrl()
                : CollateralKey.SnpCrl(Attestation.Snp.SnpProduct.Milan);
            var found = probe is null ? null
                : await _service.GetAsync(probe, CollateralFetch.WhenMissing, context.RequestAborted).ConfigureAwait(false);
            ready = _service.HasCollateral;
            text = $"nothing is cached, and {found?.Problem ?? "in offline mode an administrator has to bring it"}";
        }

        await HealthAnswers.ReadyAsync(context, ready ? null : text).ConfigureAwait(false);
    }

    private async ValueTask<ReadOnlyMemory<byte>?> ReadBodyAsync(HttpContext context)
    {
        using var late = new CancellationTokenSource(_options.RequestTimeout, _time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(late.Token, context.RequestAborted);
        try
        {
            if (await RequestBody.ReadAsync(context.Request, _options.MaxRequestBodySize, either.Token).ConfigureAwait(false) is { } body)
            {
                return body;
            }

            await BodyError(StatusCodes.Status413PayloadTooLarge).WriteAsync(context).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (late.IsCancellationRequested && !context.RequestAborted.IsCancellationRequested)
        {
            context.Response.Headers.Connection = "close";
            await BodyError(StatusCodes.Status408RequestTimeout).WriteAsync(context).ConfigureAwait(false);
        }

        return null;
    }

    private PccsAnswer BodyError(int status) => status switch
    {
        StatusCodes.Status413PayloadTooLarge =>
            new(status, $"The body is larger than {_options.MaxRequestBodySize} bytes, the limit of this service."),
        StatusCodes.Status408RequestTimeout => new(status, $"The body did not arrive within {_options.RequestTimeout.TotalSeconds:0} s."),
        _ => new(status, "The request could not be read."),
    };

    private bool Admits(HttpContext context, TokenHash token, string header) => token.Matches(context.Request.Headers[header]);

    private Task UnauthorizedAsync(HttpContext context, PccsRoute route, string header)
    {
        PccsLog.TokenRefused(_logger, route);
        return new PccsAnswer(
            StatusCodes.Status401Unauthorized, $"The header '{header}' is missing, or its token is not the configured one.").WriteAsync(
                context);
    }

    // A hit is there at once; whoever has to wait for an upstream waits for a bounded time, while the request to it goes on.
    private async ValueTask<T?> WaitAsync<T>(ValueTask<T> question, HttpContext context)
        where T : class
    {
        if (question.IsCompletedSuccessfully)
        {
            return question.Result;
        }

        try
        {
            return await question.AsTask().WaitAsync(_options.AnswerTimeout, _time, context.RequestAborted).ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
            await new PccsAnswer(
                StatusCodes.Status503ServiceUnavailable, "The upstream has not answered yet; it is still being asked. Ask again.", AskAgain)
                .WriteAsync(context).ConfigureAwait(false);
            return null;
        }
    }
}
