using Casemate.Kubernetes;
using Casemate.Oci;

namespace Casemate.Addon;

/// <summary>What an add-on is made of.</summary>
public sealed record AddonOptions
{
    /// <summary>The namespace of the node agent and the quote helper. It is fixed: admission policies name its accounts.</summary>
    public const string NodeNamespace = "casemate-node";

    /// <summary>The namespace of what serves the cluster: the webhook.</summary>
    public const string SystemNamespace = "casemate-system";

    /// <summary>The image when none is named: a word to be replaced, which no registry has.</summary>
    public const string NoImage = "casemate";

    /// <summary>For which kind of cluster. Default: <see cref="AddonOverlay.Generic"/>.</summary>
    public AddonOverlay Overlay { get; init; }

    /// <summary>The image of the program, <c>registry.example/casemate@sha256:...</c>. Default: <see cref="NoImage"/>.</summary>
    public string Image { get; init; } = NoImage;

    /// <summary>
    /// The image of the quote helper: the program with Intel's quoting libraries, which Casemate does not ship. Null: <see cref="Image"/>.
    /// </summary>
    public string? QuoteHelperImage { get; init; }

    /// <summary>Whether quotes are made on the nodes. Default: false; simulated clusters always have it.</summary>
    public bool WithQuoteHelper { get; init; }

    /// <summary>Whether pods are completed and explained by the admission webhook. Default: true.</summary>
    public bool WithWebhook { get; init; } = true;

    /// <summary>
    /// With <see cref="AddonOverlay.Dra"/>: whether nodes seem to be <see cref="Machine"/>, and quotes are simulated. Default: false;
    /// <see cref="AddonOverlay.Simulated"/> always does that, with the device plugin.
    /// </summary>
    public bool WithDescribedMachines { get; init; }

    /// <summary>Where <see cref="IsSimulated"/>: which described machine every node seems to be.</summary>
    public string Machine { get; init; } = "dc2s_v3";

    /// <summary>
    /// Names of resources that another device plugin of the cluster publishes and this add-on leaves to it. Default: none. The node agent
    /// publishes EPC under the first of its names that is not among them.
    /// </summary>
    public IReadOnlyList<string> LeftToOthers { get; init; } = [];

    /// <summary>Whether nodes seem to be described machines, and quotes prove nothing.</summary>
    public bool IsSimulated => WithDescribedMachines || Overlay is AddonOverlay.Simulated;

    /// <summary>The name of EPC that others leave; null: the agent chooses.</summary>
    /// <exception cref="AddonException">Others publish every name of EPC.</exception>
    internal ResourceFamily? EpcFamily => !ResourceFamily.All.Any(family => LeftToOthers.Contains(family.Name))
        ? null
        : ResourceFamily.All.FirstOrDefault(family => !LeftToOthers.Contains(family.Name))
            ?? throw new AddonException("other plugins publish EPC under every name that there is", "Remove one of them first.");

    internal bool HasQuoteHelper => WithQuoteHelper || IsSimulated;

    /// <summary>Whether what pods get of hardware comes by claims.</summary>
    internal bool HasClaims => Overlay is AddonOverlay.Dra;

    /// <summary>Refuses what would not be YAML, or something else than meant.</summary>
    /// <exception cref="AddonException">An option is out of range.</exception>
    internal void Check()
    {
        if (!Enum.IsDefined(Overlay))
        {
            throw new AddonException($"there is no overlay {(int)Overlay}");
        }

        if (WithDescribedMachines && Overlay is not (AddonOverlay.Dra or AddonOverlay.Simulated))
        {
            throw new AddonException(
                $"the overlay '{AddonManifests.NameOf(Overlay)}' is for machines with hardware",
                "Described machines go with the overlays 'simulated' and 'dra'.");
        }

        CheckImage("the image", Image);
        if (QuoteHelperImage is { } helper)
        {
            CheckImage("the quote helper's image", helper);
        }

        _ = EpcFamily;
        if (Machine.Length is 0 or > 63 || Machine.Any(c => !char.IsAsciiLetterOrDigit(c) && c is not ('-' or '_')))
        {
            throw new AddonException(
                "the name of a described machine has letters, digits, '-' and '_' only", "'casemate node machines' lists them.");
        }
    }

    private static void CheckImage(string what, string image)
    {
        if (!ImageReference.TryParse(image, out _, out var problem))
        {
            throw new AddonException(
                $"{what} is not a reference of an image: {problem}",
                "Write it as registry.example/casemate:1, or with '@sha256:' and the 64 digits that 'casemate image pack' prints.");
        }
    }
}
