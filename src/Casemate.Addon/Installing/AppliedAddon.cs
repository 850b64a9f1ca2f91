using System.Text.Json;
using Casemate.Kubernetes;

namespace Casemate.Addon;

/// <summary>What an add-on is made of that carries no record of it: read from its workloads.</summary>
internal static class AppliedAddon
{
    /// <summary>The options that make such workloads.</summary>
    /// <param name="agent">The node agent's DaemonSet.</param>
    /// <param name="helper">The quote helper's; null when there is none.</param>
    /// <param name="webhook">The webhook's Deployment; null when there is none.</param>
    public static AddonOptions OptionsOf(KubeObject agent, KubeObject? helper, KubeObject? webhook)
    {
        var arguments = ArgumentsOf(agent);
        var image = ImageOf(agent) ?? AddonOptions.NoImage;
        var simulated = arguments.IndexOf("--simulate");
        var overlay = arguments.Contains("--dra") ? AddonOverlay.Dra
            : simulated >= 0 ? AddonOverlay.Simulated
            : arguments.Contains("--provision-with-epc") ? AddonOverlay.AksEngine
            : agent.Labels.GetValueOrDefault("app") == "sgx-plugin" ? AddonOverlay.Aks
            : AddonOverlay.Generic;
        var options = new AddonOptions
        {
            Overlay = overlay,
            Image = image,
            WithDescribedMachines = simulated >= 0 && overlay is not AddonOverlay.Simulated,
            WithQuoteHelper = helper is not null && simulated < 0,
            QuoteHelperImage = helper is not null && ImageOf(helper) is { } other && other != image ? other : null,
            WithWebhook = webhook is not null,
        };
        return simulated >= 0 && simulated + 1 < arguments.Count ? options with { Machine = arguments[simulated + 1] } : options;
    }

    /// <summary>The image of a workload's first container; null when there is none.</summary>
    public static string? ImageOf(KubeObject workload) =>
        Container(workload) is { ValueKind: JsonValueKind.Object } one && one.TryGetProperty("image", out var image)
            && image.ValueKind is JsonValueKind.String ? image.GetString() : null;

    private static List<string> ArgumentsOf(KubeObject workload) =>
        Container(workload) is { ValueKind: JsonValueKind.Object } one && one.TryGetProperty("args", out var list)
            && list.ValueKind is JsonValueKind.Array
            ? [.. list.EnumerateArray().Select(argument => argument.ToString())]
            : [];

    private static JsonElement Container(KubeObject workload) =>
        workload.ListAt("spec", "template", "spec", "containers").FirstOrDefault();
}
