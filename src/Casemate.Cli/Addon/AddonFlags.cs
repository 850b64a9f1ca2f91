using System.CommandLine;
using Casemate.Addon;
using Casemate.Cli.Commands;
using Casemate.Cli.Node;

namespace Casemate.Cli.Addon;

/// <summary>What an add-on is made of, as people say it: one home for every command that makes one.</summary>
internal sealed class AddonFlags
{
    private static readonly Dictionary<string, AddonOverlay> s_overlays =
        Enum.GetValues<AddonOverlay>().ToDictionary(AddonManifests.NameOf);

    private readonly Option<string?> _overlay;
    private readonly Option<string?> _image;
    private readonly Option<string?> _quoteHelperImage = new("--quote-helper-image")
    {
        Description = "The image of the quote helper, with Intel's quoting libraries in it. Default: that of --image.",
        HelpName = "IMAGE",
    };

    private readonly Option<bool> _quoteHelper = new("--quote-helper")
    {
        Description = "Make quotes on the nodes. Simulated clusters always do.",
    };

    private readonly Option<bool> _noWebhook = new("--no-webhook")
    {
        Description = "Leave the admission webhook out: pods then have to ask for the name of EPC that their nodes publish.",
    };

    private readonly Option<string?> _simulate = new("--simulate")
    {
        Description = "Nodes seem to be this described machine, and quotes are simulated: for tests, it proves nothing. Chooses --overlay "
            + $"simulated, where the default is {new AddonOptions().Machine}, unless --overlay dra is there.",
        HelpName = "MACHINE",
    };

    /// <summary>Makes the options.</summary>
    /// <param name="overlayDefault">What becomes of a command line without --overlay; the end of its description.</param>
    /// <param name="imageDefault">The same of --image.</param>
    public AddonFlags(string overlayDefault, string imageDefault)
    {
        _overlay = new Option<string?>("--overlay")
        {
            Description = "The kind of cluster: any, Azure Kubernetes Service, what AKS-Engine's plugin offered, described machines, or "
                + $"Dynamic Resource Allocation. Default: {overlayDefault}.",
            HelpName = string.Join('|', s_overlays.Keys),
        };
        _image = new Option<string?>("--image") { Description = $"The image of the program. Default: {imageDefault}.", HelpName = "IMAGE" };
    }

    private IReadOnlyList<Option> All => [_overlay, _image, _quoteHelper, _quoteHelperImage, _noWebhook, _simulate];

    /// <summary>Adds all of them to a command.</summary>
    public void AddTo(Command command)
    {
        foreach (var option in All)
        {
            command.Add(option);
        }
    }

    /// <summary>Adds those of images alone.</summary>
    public void AddImagesTo(Command command)
    {
        command.Add(_image);
        command.Add(_quoteHelperImage);
    }

    /// <summary>Whether any of them was given.</summary>
    public bool IsAnyGiven(CommandContext context) => All.Any(option => context.Arguments.GetResult(option) is { Implicit: false });

    /// <summary>The kind of cluster that was named; null when none was.</summary>
    /// <exception cref="CliException">There is no such kind, or two options say different things (exit code 2).</exception>
    public AddonOverlay? OverlayOf(CommandContext context)
    {
        var isSimulated = context.Arguments.GetValue(_simulate) is not null;
        if (context.Arguments.GetValue(_overlay) is not { } name)
        {
            return isSimulated ? AddonOverlay.Simulated : null;
        }

        if (!s_overlays.TryGetValue(name, out var overlay))
        {
            throw CliException.Usage($"--overlay '{name}' is not one", $"There are {string.Join(", ", s_overlays.Keys)}.");
        }

        return !isSimulated || overlay is AddonOverlay.Simulated or AddonOverlay.Dra
            ? overlay
            : throw CliException.Usage(
                "--simulate is for described machines only", "Leave --overlay out, or write --overlay simulated or --overlay dra.");
    }

    /// <summary>The options that were given, and the others as they were.</summary>
    /// <param name="context">The running command.</param>
    /// <param name="others">What holds for options that were not given; the kind of cluster is decided in it.</param>
    /// <exception cref="CliException">Options do not go together, or there is no such machine (exit codes 2 and 3).</exception>
    public AddonOptions Read(CommandContext context, AddonOptions others)
    {
        var options = others with
        {
            Image = context.Arguments.GetValue(_image) ?? others.Image,
            WithQuoteHelper = context.Arguments.GetResult(_quoteHelper) is { Implicit: false }
                ? context.Arguments.GetValue(_quoteHelper) : others.WithQuoteHelper,
            WithWebhook = context.Arguments.GetResult(_noWebhook) is { Implicit: false }
                ? !context.Arguments.GetValue(_noWebhook) : others.WithWebhook,
            WithDescribedMachines = others.Overlay is AddonOverlay.Dra && IsDescribed(context, others),
            Machine = context.Arguments.GetValue(_simulate) is { } machine ? NodeArguments.Load(machine).Name : others.Machine,
        };
        if (options.IsSimulated && context.Arguments.GetResult(_quoteHelper) is { Implicit: false }
            && !options.WithQuoteHelper)
        {
            throw CliException.Usage(
                "--quote-helper false does not go with described machines: their quotes come from the quote helper alone",
                "Leave --quote-helper out, or choose an --overlay of machines with hardware.");
        }

        var hasHelper = options.WithQuoteHelper || options.IsSimulated;
        if (context.Arguments.GetValue(_quoteHelperImage) is { } helper)
        {
            return hasHelper
                ? options with { QuoteHelperImage = helper }
                : throw CliException.Usage("--quote-helper-image is given, and no quote helper is asked for", "Add --quote-helper.");
        }

        return hasHelper ? options : options with { QuoteHelperImage = null };
    }

    // Who names the kind of cluster says with it whether its machines are described.
    private bool IsDescribed(CommandContext context, AddonOptions others) =>
        context.Arguments.GetValue(_simulate) is not null
        || (context.Arguments.GetValue(_overlay) is null && others.WithDescribedMachines);

    /// <summary><c>--take-over</c>, of every command that writes the add-on's objects.</summary>
    public static Option<bool> TakeOver() => new("--take-over")
    {
        Description = "Take over fields of the add-on's objects that other programs wrote, such as kubectl.",
    };

    /// <summary>Uses options, and makes what is wrong with them an error of the command line.</summary>
    /// <exception cref="CliException">An option is out of range (exit code 2).</exception>
    public static T Made<T>(AddonOptions options, Func<AddonOptions, T> make)
    {
        try
        {
            return make(options);
        }
        catch (AddonException wrong)
        {
            throw CliException.Usage(wrong.Message, wrong.Remedy);
        }
    }
}
