using System.Buffers;
using System.Globalization;
using System.Text.Json;
using Casemate.Attestation;
using Casemate.Collateral.Pccs;
using Casemate.Collateral.Service;
using Casemate.Collateral.Store;
using Casemate.Collateral.Upstream;
using Microsoft.AspNetCore.Http;

namespace Casemate.Serve.Pccs;

/// <content>Machines that register, and the list of them.</content>
internal sealed partial class PccsApplication
{
    private const string UserHeader = "user-token";
    private const string AdminHeader = "admin-token";

    private async Task RegisterAsync(HttpContext context, PccsQuery query)
    {
        if (!Admits(context, _user, UserHeader))
        {
            await UnauthorizedAsync(context, PccsRoute.Platforms, UserHeader).ConfigureAwait(false);
            return;
        }

        if (query["update"] is not (null or "standard" or "early" or "all"))
        {
            await PccsAnswer.Invalid("'update' is none of 'standard', 'early' and 'all'").WriteAsync(context).ConfigureAwait(false);
            return;
        }

        if (await ReadBodyAsync(context).ConfigureAwait(false) is not { } body)
        {
            return;
        }

        if (!PlatformRegistration.TryRead(body, out var registration, out var error))
        {
            await PccsAnswer.Invalid(error).WriteAsync(context).ConfigureAwait(false);
            return;
        }

        TcbUpdate[] updates = query["update"] switch
        {
            "early" => [TcbUpdate.Early],
            "all" => [TcbUpdate.Standard, TcbUpdate.Early],
            _ => [TcbUpdate.Standard],
        };

        // The work goes on when the client gives up: the machine is registered then, and what was fetched is cached.
        if (await WaitAsync(new ValueTask<PccsAnswer>(RegisterAsync(registration!, updates)), context).ConfigureAwait(false) is { } answer)
        {
            PccsLog.PlatformRegistered(
                _logger, Redacted.Text(registration!.QeId), Redacted.Text(registration.EncryptedPpid),
                Redacted.Text(registration.PlatformManifest), answer.Status);
            await answer.WriteAsync(context).ConfigureAwait(false);
        }
    }

    private async Task<PccsAnswer> RegisterAsync(PlatformRegistration registration, TcbUpdate[] updates)
    {
        if (_options.Mode is not CollateralMode.Offline && !registration.CanBeFetched)
        {
            return new PccsAnswer(
                StatusCodes.Status404NotFound,
                "No cache data: neither an encrypted PPID nor a platform manifest is given, and Intel knows a machine by nothing else.");
        }

        if (_options.Mode is not CollateralMode.Lazy
            && !await _queue.PutAsync(registration, notAvailable: false, CancellationToken.None).ConfigureAwait(false))
        {
            return new PccsAnswer(
                StatusCodes.Status503ServiceUnavailable,
                $"{_options.MaxRegistrations} machines wait already, the limit of this service: "
                + "an administrator has to take them (GET platforms).",
                TimeSpan.FromMinutes(1));
        }

        if (_options.Mode is CollateralMode.Offline)
        {
            return PccsAnswer.Done;
        }

        var refusal = await RegisterWithIntelAsync(registration).ConfigureAwait(false);
        var outcome = await FetchCertificatesAsync(registration).ConfigureAwait(false);
        var certificates = await _service.GetAsync(
            CollateralKey.PckCertificates(registration.QeId, registration.PceId), CollateralFetch.Never).ConfigureAwait(false);
        var isUsable = outcome.Status is CollateralStatus.Found or CollateralStatus.Stale
            || (outcome.Status is CollateralStatus.CertificateUnavailable && certificates.HasCollateral);
        if (!isUsable)
        {
            var reason = refusal.Length > 0 ? $"{outcome.Problem}; registration with Intel: {refusal}" : outcome.Problem;
            return Missing(
                outcome.Status is CollateralStatus.PlatformUnknown or CollateralStatus.CertificateUnavailable ? CollateralStatus.NotFound
                    : outcome.Status,
                reason, outcome.RetryAfter, AnswerForm.Version4, CollateralFetch.WhenMissing);
        }

        var someMissing = certificates.Collateral is { } all && all.Raw.Span.IndexOf("Not available"u8) >= 0;
        if (_options.Mode is CollateralMode.Request)
        {
            if (await PrefetchAsync(registration, updates).ConfigureAwait(false) is { } failure)
            {
                return failure;
            }

            await (someMissing
                ? _queue.PutAsync(registration, notAvailable: true, CancellationToken.None).AsTask()
                : _queue.RemoveAsync(registration, CancellationToken.None).AsTask()).ConfigureAwait(false);
        }

        return outcome.Status is CollateralStatus.CertificateUnavailable && someMissing
            ? new PccsAnswer(
                PccsStatus.CertificatesUnavailable, $"Registered. Certificates are not available for some TCBs: {outcome.Problem}.")
            : PccsAnswer.Done;
    }

    // Once per machine: whoever is known by this manifest and has certificates was registered before.
    private async ValueTask<string> RegisterWithIntelAsync(PlatformRegistration registration)
    {
        if (registration.PlatformManifest.Length == 0 || _options.Registrar is not { } registrar)
        {
            return "";
        }

        var known = await _store.ReadPlatformAsync(registration.QeId, registration.PceId, CancellationToken.None).ConfigureAwait(false);
        if (known is not null && known.PlatformManifest == registration.PlatformManifest
            && (await _service.GetAsync(known.CertificatesKey, CollateralFetch.Never).ConfigureAwait(false)).HasCollateral)
        {
            return "";
        }

        var answer = await registrar.RegisterAsync(registration.PlatformManifest, CancellationToken.None).ConfigureAwait(false);
        if (answer.Status is UpstreamStatus.Found)
        {
            return "";
        }

        PccsLog.PlatformNotRegistered(
            _logger, Redacted.Text(registration.QeId), Redacted.Text(registration.PlatformManifest), answer.Problem);
        return answer.Problem;
    }

    private async ValueTask<PckCertificateOutcome> FetchCertificatesAsync(PlatformRegistration registration)
    {
        if (registration.HasTcb)
        {
            var query = new PckQuery(
                registration.QeId, registration.PceId, registration.CpuSvn, registration.PceSvn, registration.EncryptedPpid,
                    registration.PlatformManifest);
            return await _service.RegisterPlatformAsync(query, CollateralFetch.Always).ConfigureAwait(false);
        }

        var outcome = await _service.RegisterPlatformAsync(Provisioned(registration), CollateralFetch.Always).ConfigureAwait(false);
        return new PckCertificateOutcome(outcome.Status, Problem: outcome.Problem, RetryAfter: outcome.RetryAfter);
    }

    private static ProvisionedPlatform Provisioned(PlatformRegistration registration) => new()
    {
        QeId = registration.QeId,
        PceId = registration.PceId,
        EncryptedPpid = registration.EncryptedPpid,
        PlatformManifest = registration.PlatformManifest,
    };

    // In this mode questions are answered from the cache alone: whatever verifies the machine's quotes is fetched with its certificates.
    private async ValueTask<PccsAnswer?> PrefetchAsync(PlatformRegistration registration, TcbUpdate[] updates)
    {
        var platform = await _store.ReadPlatformAsync(registration.QeId, registration.PceId, CancellationToken.None).ConfigureAwait(false);
        var fmspc = platform?.Fmspc ?? "";
        var needed = new List<(CollateralKey Key, bool Optional)>
        {
            (CollateralKey.RootCaCrl(), false),
            (CollateralKey.PckCrl(platformCa: true), platform?.PlatformCa is false),
            (CollateralKey.PckCrl(platformCa: false), platform?.PlatformCa is not false),
        };
        needed.Add((CollateralKey.TcbEvaluationNumbers(Tee.Sgx), true));
        needed.Add((CollateralKey.TcbEvaluationNumbers(Tee.Tdx), true));
        foreach (var update in updates)
        {
            needed.Add((CollateralKey.QeIdentity(Tee.Sgx, update), false));
            needed.Add((CollateralKey.QeIdentity(Tee.Tdx, update), true));
            needed.Add((CollateralKey.QveIdentity(update), true));
            if (fmspc.Length > 0)
            {
                needed.Add((CollateralKey.TcbInfo(Tee.Sgx, fmspc, update), false));
                needed.Add((CollateralKey.TcbInfo(Tee.Tdx, fmspc, update), true));
            }
        }

        foreach (var (key, optional) in needed)
        {
            var outcome = await _service.GetAsync(key, CollateralFetch.WhenMissing).ConfigureAwait(false);
            if (!outcome.HasCollateral && !optional)
            {
                return Missing(outcome.Status, $"{key.ToLogText()}: {outcome.Problem}", outcome.RetryAfter, AnswerForm.Version4,
                    CollateralFetch.WhenMissing);
            }
        }

        return null;
    }

    private async Task ListPlatformsAsync(HttpContext context, PccsQuery query)
    {
        if (!Admits(context, _admin, AdminHeader))
        {
            await UnauthorizedAsync(context, PccsRoute.Platforms, AdminHeader).ConfigureAwait(false);
            return;
        }

        var source = query["source"] ?? "reg";
        if (source is "reg" or "reg_na")
        {
            await _queue.TakeAsync(
                source is "reg_na",
                async registrations =>
                {
                    await WriteAsync(context, registrations).ConfigureAwait(false);
                    await context.Response.CompleteAsync().ConfigureAwait(false);
                    context.RequestAborted.ThrowIfCancellationRequested();
                    PccsLog.RegistrationsTaken(_logger, registrations.Count, source);
                },
                context.RequestAborted).ConfigureAwait(false);
            return;
        }

        if (!source.StartsWith('[') || !source.EndsWith(']')
            || source[1..^1].Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries) is var families
                && Array.Exists(families, family => !PccsParameters.IsHex(family.Trim('"'), 12)))
        {
            await PccsAnswer.Invalid("'source' is none of 'reg', 'reg_na' and '[fmspc,...]'").WriteAsync(context).ConfigureAwait(false);
            return;
        }

        var wanted = source[1..^1].Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries)
            .Select(family => family.Trim('"').ToLowerInvariant()).ToHashSet(StringComparer.Ordinal);
        var platforms = await _service.ListPlatformsAsync(context.RequestAborted).ConfigureAwait(false);
        await WriteAsync(context, [.. platforms.Where(p =>
            wanted.Count == 0 || wanted.Contains(p.Fmspc)).SelectMany(PlatformRegistration.Of)]).ConfigureAwait(false);
    }

    private static async Task WriteAsync(HttpContext context, IReadOnlyList<PlatformRegistration> registrations)
    {
        var body = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(body))
        {
            json.WriteStartArray();
            foreach (var registration in registrations)
            {
                registration.Write(json);
            }

            json.WriteEndArray();
        }

        context.Response.Headers["platform-count"] = registrations.Count.ToString(CultureInfo.InvariantCulture);
        context.Response.ContentType = "application/json";
        context.Response.ContentLength = body.WrittenCount;
        await context.Response.Body.WriteAsync(body.WrittenMemory, context.RequestAborted).ConfigureAwait(false);
    }
}
