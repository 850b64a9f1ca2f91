using Casemate.Addon.Manifests;
using Casemate.Kubernetes;

namespace Casemate.Addon;

/// <summary>
/// The manifests of the add-on, for every kind of cluster, from one source: a list to apply, and the same as bases and overlays for
/// <c>kubectl apply -k</c>. The same options give the same bytes.
/// </summary>
public static class AddonManifests
{
    /// <summary>The word for an overlay: the directory <c>overlays/WORD</c>, and <c>--overlay WORD</c>.</summary>
    public static string NameOf(AddonOverlay overlay) => overlay switch
    {
        AddonOverlay.Aks => "aks",
        AddonOverlay.AksEngine => "aks-engine",
        AddonOverlay.Simulated => "simulated",
        AddonOverlay.Dra => "dra",
        _ => "generic",
    };

    /// <summary>The files to apply, in the order in which they must be applied.</summary>
    /// <param name="options">What the add-on is made of.</param>
    /// <exception cref="AddonException">An option is out of range.</exception>
    public static IReadOnlyList<ManifestFile> Of(AddonOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        options.Check();
        List<ManifestFile> files = [.. NodeManifests.Base];
        if (options.HasClaims)
        {
            files.AddRange(DraManifests.Base);
        }

        if (options.WithWebhook)
        {
            files.AddRange(WebhookManifests.Base);
        }

        files.Add(new("node/40-daemonset.yaml", NodeDaemonSet.Text(options)));
        if (options.HasQuoteHelper)
        {
            files.AddRange(QuoteHelperManifests.Of(options));
        }

        if (options.WithWebhook)
        {
            files.AddRange(WebhookManifests.Own(options));
            files.AddRange(WebhookManifests.Configurations);
        }

        return files;
    }

    /// <summary>Those files as one stream of YAML documents.</summary>
    /// <param name="options">What the add-on is made of.</param>
    /// <exception cref="AddonException">An option is out of range.</exception>
    public static string Render(AddonOptions options) => string.Join("---\n", Of(options).Select(file => file.Text));

    /// <summary>The same as objects, in the order in which they must be applied.</summary>
    /// <param name="options">What the add-on is made of.</param>
    /// <exception cref="AddonException">An option is out of range.</exception>
    public static IReadOnlyList<KubeObject> Objects(AddonOptions options) => ManifestReader.Parse(Render(options), "the add-on");

    /// <summary>
    /// The tree that <c>kubectl apply -k overlays/NAME</c> reads: bases, one overlay for each <see cref="AddonOverlay"/>, and
    /// <c>components/quote-helper</c> or, where devices come by claims, <c>components/quote-helper-dra</c>.
    /// </summary>
    public static IReadOnlyList<ManifestFile> Tree() => KustomizeTree.Files();
}
