using System.CommandLine;
using System.Text;
using Casemate.Addon;
using Casemate.Cli.Commands;
using Casemate.Cli.Node;
using Casemate.Cli.Output;
using Casemate.Kubernetes;

namespace Casemate.Cli.Addon;

/// <summary><c>casemate addon render</c>.</summary>
internal sealed class AddonRenderCommand : CliCommand
{
    private static readonly Dictionary<string, AddonOverlay> s_overlays =
        Enum.GetValues<AddonOverlay>().ToDictionary(AddonManifests.NameOf);

    private readonly Option<string> _overlay = new("--overlay")
    {
        Description = "The kind of cluster: any, Azure Kubernetes Service, what AKS-Engine's plugin offered, described machines, or Dynamic "
            + "Resource Allocation.",
        HelpName = string.Join('|', s_overlays.Keys),
        DefaultValueFactory = _ => "generic",
    };

    private readonly Option<string?> _image = new("--image")
    {
        Description = "The image of the program. Default: 'casemate', to be replaced before the manifests are applied.",
        HelpName = "IMAGE",
    };

    private readonly Option<bool> _quoteHelper = new("--quote-helper")
    {
        Description = "Make quotes on the nodes. Simulated clusters always do.",
    };

    private readonly Option<string?> _quoteHelperImage = new("--quote-helper-image")
    {
        Description = "The image of the quote helper, with Intel's quoting libraries in it. Default: that of --image.",
        HelpName = "IMAGE",
    };

    private readonly Option<bool> _noWebhook = new("--no-webhook")
    {
        Description = "Leave the admission webhook out: pods then have to ask for the name of EPC that their nodes publish.",
    };

    private readonly Option<string?> _simulate = new("--simulate")
    {
        Description = "With --overlay simulated: the described machine that every node seems to be. Default: dc2s_v3.",
        HelpName = "MACHINE",
    };

    private readonly Option<string?> _tree = new("--tree")
    {
        Description = "Write bases, overlays and components for 'kubectl apply -k' into this directory instead, for all kinds of clusters.",
        HelpName = "DIR",
    };

    public AddonRenderCommand()
        : base(
            "render", "Print the manifests of the add-on (YAML; with -o json a List), or write them as a tree for kubectl's kustomize. The same options give the same "
            + "bytes. No cluster is asked. Exit code 0 done, 2 wrong options.",
            new CommandExample("To apply", "casemate addon render --image registry.example/casemate:1 | kubectl apply -f -"),
            new CommandExample("A cluster without hardware", "casemate addon render --overlay simulated --simulate dc48s_v3"),
            new CommandExample("To keep in a repository of your own", "casemate addon render --tree deploy"))
    {
        Add(_overlay);
        Add(_image);
        Add(_quoteHelper);
        Add(_quoteHelperImage);
        Add(_noWebhook);
        Add(_simulate);
        Add(_tree);
    }

    protected override Task<int> RunAsync(CommandContext context, CancellationToken cancellationToken)
    {
        if (context.Arguments.GetValue(_tree) is { } tree)
        {
            WriteTree(context, tree);
            return Task.FromResult(ExitCode.Success);
        }

        var options = OptionsOf(context);
        if (context.Console.Format is OutputFormat.Json)
        {
            WriteList(context.Console, Made(options, AddonManifests.Objects));
        }
        else
        {
            context.Console.Out.Write(Made(options, AddonManifests.Render));
        }

        return Task.FromResult(ExitCode.Success);
    }

    private AddonOptions OptionsOf(CommandContext context)
    {
        var name = context.Arguments.GetValue(_overlay)!;
        if (!s_overlays.TryGetValue(name, out var overlay))
        {
            throw CliException.Usage($"--overlay '{name}' is not one", $"There are {string.Join(", ", s_overlays.Keys)}.");
        }

        var machine = context.Arguments.GetValue(_simulate);
        if (machine is not null && overlay is not AddonOverlay.Simulated)
        {
            throw CliException.Usage("--simulate is for described machines only", "Add --overlay simulated.");
        }

        var options = new AddonOptions
        {
            Overlay = overlay,
            WithQuoteHelper = context.Arguments.GetValue(_quoteHelper),
            WithWebhook = !context.Arguments.GetValue(_noWebhook),
        };
        if (context.Arguments.GetValue(_quoteHelperImage) is { } helper)
        {
            options = options.WithQuoteHelper || overlay is AddonOverlay.Simulated
                ? options with { QuoteHelperImage = helper }
                : throw CliException.Usage("--quote-helper-image is given, and no quote helper is asked for", "Add --quote-helper.");
        }

        return options with
        {
            Image = context.Arguments.GetValue(_image) ?? options.Image,
            Machine = machine is null ? options.Machine : NodeArguments.Load(machine).Name,
        };
    }

    // What kubectl takes for the same: a List, of which its items are applied.
    private static void WriteList(ConsoleOutput console, IReadOnlyList<KubeObject> objects) => console.WriteDocument(json =>
    {
        json.WriteString("apiVersion", "v1");
        json.WriteString("kind", "List");
        json.WriteStartArray("items");
        foreach (var one in objects)
        {
            one.Json.WriteTo(json);
        }

        json.WriteEndArray();
    });

    private static T Made<T>(AddonOptions options, Func<AddonOptions, T> make)
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

    private void WriteTree(CommandContext context, string tree)
    {
        if (context.Arguments.GetResult(_overlay) is { Implicit: false } || context.Arguments.GetValue(_image) is not null
            || context.Arguments.GetValue(_quoteHelper) || context.Arguments.GetValue(_quoteHelperImage) is not null
            || context.Arguments.GetValue(_simulate) is not null || context.Arguments.GetValue(_noWebhook))
        {
            throw CliException.Usage(
                "--tree writes what every kind of cluster needs, and goes with no other option",
                "Choose in an overlay of your own; the handbook's page 'install' shows one.");
        }

        var files = AddonManifests.Tree();
        foreach (var file in files)
        {
            var path = Path.Combine(tree, file.Path);
            OutputFile.Guard("--tree", path, () => Directory.CreateDirectory(Path.GetDirectoryName(path)!));
            OutputFile.Write("--tree", path, Encoding.UTF8.GetBytes(file.Text), OutputFile.Readable);
        }

        context.Console.Note($"{files.Count} files in {tree}");
    }
}
