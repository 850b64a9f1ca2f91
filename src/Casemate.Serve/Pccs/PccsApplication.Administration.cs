using System.Globalization;
using Casemate.Collateral.Pccs;
using Casemate.Collateral.Service;
using Casemate.Collateral.Store;
using Microsoft.AspNetCore.Http;

namespace Casemate.Serve.Pccs;

/// <content>What an administrator does: bring collateral, refresh, keep policies.</content>
internal sealed partial class PccsApplication
{
    private async Task ImportAsync(HttpContext context)
    {
        if (!Admits(context, _admin, AdminHeader))
        {
            await UnauthorizedAsync(context, PccsRoute.PlatformCollateral, AdminHeader).ConfigureAwait(false);
            return;
        }

        if (await ReadBodyAsync(context).ConfigureAwait(false) is not { } body)
        {
            return;
        }

        var answer = PlatformCollateral.TryRead(body, _time.GetUtcNow(), out var upload, out var error)
            ? await ImportAsync(upload).ConfigureAwait(false)
            : PccsAnswer.Invalid(error);
        if (answer.Status != StatusCodes.Status200OK)
        {
            PccsLog.ImportRefused(_logger, answer.Text);
        }

        await answer.WriteAsync(context).ConfigureAwait(false);
    }

    // Everything is verified before anything is stored; each document is then replaced as a whole, so that a failure in between leaves
    // old documents and new ones, all genuine, and sending the same upload again completes it.
    private async Task<PccsAnswer> ImportAsync(PlatformCollateral upload)
    {
        var now = _time.GetUtcNow();
        var rootCrl =
            (await _service.GetAsync(CollateralKey.RootCaCrl(), CollateralFetch.Never).ConfigureAwait(false)).Collateral?.Raw ?? default;
        var verified = new List<(string Name, StoredCollateral Collateral)>(upload.Entries.Length);
        foreach (var entry in upload.Entries)
        {
            var result = CollateralVerifier.Verify(entry.Collateral, _options.Roots, now, rootCrl: rootCrl);
            if (result.Collateral is null && entry.Compact is { } compact)
            {
                result = CollateralVerifier.Verify(compact, _options.Roots, now, rootCrl: rootCrl);
            }

            if (result.Collateral is not { } good)
            {
                return new PccsAnswer(PccsStatus.NotVerifiable, $"Nothing was stored: {entry.Name} cannot be verified: {result.Problem}.");
            }

            if (good.NotAfter is { } end && end < now - _options.Service.ServeExpiredFor)
            {
                return new PccsAnswer(PccsStatus.NotVerifiable, $"Nothing was stored: {entry.Name} is past its end ({end:u}).");
            }

            rootCrl = good.Key.Kind is CollateralKind.RootCaCrl ? good.Raw : rootCrl;
            verified.Add((entry.Name, good));
        }

        foreach (var (name, collateral) in verified)
        {
            var outcome = await _service.ImportAsync(collateral).ConfigureAwait(false);
            var isStored = outcome.Status is CollateralStatus.Found
                && (outcome.Problem.Length == 0 || outcome.Collateral!.Fetched != collateral.Fetched);
            if (!isStored)
            {
                return new PccsAnswer(
                    StatusCodes.Status500InternalServerError,
                    $"{name} could not be stored, nor what follows it: {outcome.Problem}. Send the upload again once there is room.");
            }
        }

        foreach (var platform in upload.Platforms)
        {
            await TakeUpAsync(platform).ConfigureAwait(false);
        }

        PccsLog.Imported(_logger, verified.Count, upload.Platforms.Length);
        return PccsAnswer.Done;
    }

    private async Task TakeUpAsync(PlatformRegistration platform)
    {
        var known = await _service.RegisterPlatformAsync(Provisioned(platform), CollateralFetch.Never).ConfigureAwait(false);
        if (!known.HasCollateral)
        {
            return;                                                         // it goes on waiting
        }

        if (platform.HasTcb)
        {
            _ = await _service.GetPckCertificateAsync(
                new PckQuery(platform.QeId, platform.PceId, platform.CpuSvn, platform.PceSvn), CollateralFetch.Never).ConfigureAwait(false);
        }

        await _queue.RemoveAsync(platform, CancellationToken.None).ConfigureAwait(false);
    }

    private async Task RefreshAsync(HttpContext context, PccsQuery query)
    {
        if (!Admits(context, _admin, AdminHeader))
        {
            await UnauthorizedAsync(context, PccsRoute.Refresh, AdminHeader).ConfigureAwait(false);
            return;
        }

        var (type, fmspc) = (query["type"], query["fmspc"] ?? "");
        var error = type is not (null or "certs") ? "'type' is not 'certs'"
            : fmspc.Length > 0 && (type is null || !PccsParameters.IsHex(fmspc, 12)) ? "'fmspc' is not 12 hex digits beside 'type=certs'"
            : "";
        if (error.Length > 0)
        {
            await PccsAnswer.Invalid(error).WriteAsync(context).ConfigureAwait(false);
            return;
        }

        if (_options.Mode is CollateralMode.Offline)
        {
            await new PccsAnswer(StatusCodes.Status503ServiceUnavailable, $"Nothing can be refreshed. {Remedy()}").WriteAsync(
                context).ConfigureAwait(false);
            return;
        }

        if (await WaitAsync(new ValueTask<PccsAnswer>(RefreshAsync(type, fmspc.ToLowerInvariant())), context).ConfigureAwait(
            false) is { } answer)
        {
            await answer.WriteAsync(context).ConfigureAwait(false);
        }
    }

    private async Task<PccsAnswer> RefreshAsync(string? type, string fmspc)
    {
        Func<CollateralKey, bool>? which = null;
        if (type is "certs")
        {
            var machines = (await _service.ListPlatformsAsync(CancellationToken.None).ConfigureAwait(false))
                .Where(platform => fmspc.Length == 0 || platform.Fmspc == fmspc).Select(platform =>
                    (platform.QeId, platform.PceId)).ToHashSet();
            which = key =>
                key.Kind is CollateralKind.PckCertificates or CollateralKind.PckCertificate && machines.Contains((key.QeId, key.PceId));
        }

        var count = await _service.RefreshAllAsync(which, CancellationToken.None).ConfigureAwait(false);
        PccsLog.Refreshed(_logger, count);
        return PccsAnswer.Done with
        {
            Text = string.Create(
                CultureInfo.InvariantCulture,
                $"Operation successful: {count} entries looked at; the log names those that stay as they were."),
        };
    }

    private async Task PutPolicyAsync(HttpContext context)
    {
        if (!Admits(context, _admin, AdminHeader))
        {
            await UnauthorizedAsync(context, PccsRoute.AppraisalPolicy, AdminHeader).ConfigureAwait(false);
            return;
        }

        if (await ReadBodyAsync(context).ConfigureAwait(false) is not { } body)
        {
            return;
        }

        var answer = !AppraisalPolicies.TryRead(body, out var policy, out var error) ? PccsAnswer.Invalid(error)
            : _policies.Put(policy) is { } id ? PccsAnswer.Done with { Text = id }
            : new PccsAnswer(StatusCodes.Status503ServiceUnavailable, "The limit of policies is reached: remove some from the store.");
        await answer.WriteAsync(context).ConfigureAwait(false);
    }

    private Task GetPolicyAsync(HttpContext context, PccsQuery query)
    {
        if (!PccsParameters.IsHex(query["fmspc"], 12))
        {
            return PccsAnswer.Invalid("'fmspc' is not 12 hex digits").WriteAsync(context);
        }

        return _policies.Find(query["fmspc"]!) is { } policy
            ? new PreparedAnswer("text/plain; charset=utf-8", policy).WriteAsync(context, stale: false)
            : new PccsAnswer(StatusCodes.Status404NotFound, "No default policy is kept for this FMSPC.").WriteAsync(context);
    }
}
