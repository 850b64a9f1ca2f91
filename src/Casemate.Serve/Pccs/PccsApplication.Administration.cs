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

    // One transaction: everything is verified and stored, or nothing is.
    private async Task<PccsAnswer> ImportAsync(PlatformCollateral upload)
    {
        var now = _time.GetUtcNow();
        var names = new Dictionary<CollateralKey, string>();
        var pieces = new List<StoredCollateral>(upload.Entries.Length);
        foreach (var entry in upload.Entries)
        {
            if (!names.TryAdd(entry.Collateral.Key, entry.Name))
            {
                return PccsAnswer.Invalid($"'{entry.Name}' is there twice");
            }

            pieces.Add(entry.Compact is { } compact && CollateralVerifier.Verify(entry.Collateral, _options.Roots, now).Collateral is null
                ? compact
                : entry.Collateral);
        }

        var import = await _service.ImportAllAsync(pieces, [.. upload.Platforms.Select(Provisioned)], leaveOutExpired: false).ConfigureAwait(
            false);
        if (!import.IsStored)
        {
            var wrong = import.Pieces.FirstOrDefault(piece => piece.Outcome.Status is not CollateralStatus.Found);
            return wrong is null
                ? new PccsAnswer(
                    StatusCodes.Status500InternalServerError,
                    $"Nothing was stored: {import.Problem.TrimEnd('.')}. Send the upload again once there is room.")
                : new PccsAnswer(PccsStatus.NotVerifiable, wrong.Outcome.Status is CollateralStatus.Expired
                    ? $"Nothing was stored: {names[wrong.Key]} is past its end: {wrong.Outcome.Problem}."
                    : $"Nothing was stored: {names[wrong.Key]} cannot be verified: {wrong.Outcome.Problem}.");
        }

        foreach (var platform in upload.Platforms)
        {
            await TakeUpAsync(platform).ConfigureAwait(false);
        }

        PccsLog.Imported(_logger, pieces.Count, upload.Platforms.Length);
        return PccsAnswer.Done;
    }

    private async Task TakeUpAsync(PlatformRegistration platform)
    {
        var known = await _service.GetAsync(
            CollateralKey.PckCertificates(platform.QeId, platform.PceId), CollateralFetch.Never).ConfigureAwait(false);
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
