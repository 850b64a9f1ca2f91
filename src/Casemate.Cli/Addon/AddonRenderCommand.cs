using System.CommandLine;
using System.Text;
using Casemate.Addon;
using Casemate.Cli.Commands;
using Casemate.Cli.Output;
using Casemate.Kubernetes;

namespace Casemate.Cli.Addon;

/// <summary><c>casemate addon render</c>.</summary>
internal sealed class AddonRenderCommand : CliCommand
{
    private readonly AddonFlags _flags = new(
        AddonManifests.NameOf(default), $"'{AddonOptions.NoImage}', to be replaced before the manifests are applied");

    private readonly Option<string?> _tree = new("--tree")
    {
        Description = "Write bases, overlays and components for 'kubectl apply -k' into this directory instead, for all kinds of clusters.",
        HelpName = "DIR",
    };

    public AddonRenderCommand()
        : base(
            "render",
            "Print the manifests of the add-on (YAML; with -o json a List), or write them as a tree for kubectl's kustomize. The same "
            + "options give the same bytes. No cluster is asked. Exit code 0 done, 2 wrong options.",
            new CommandExample("To apply", "casemate addon render --image registry.example/casemate:1 | kubectl apply -f -"),
            new CommandExample("A cluster without hardware", "casemate addon render --simulate dc48s_v3"),
            new CommandExample("To keep in a repository of your own", "casemate addon render --tree deploy"))
    {
        _flags.AddTo(this);
        Add(_tree);
    }

    protected override Task<int> RunAsync(CommandContext context, CancellationToken cancellationToken)
    {
        if (context.Arguments.GetValue(_tree) is { } tree)
        {
            WriteTree(context, tree);
            return Task.FromResult(ExitCode.Success);
        }

        var options = _flags.Read(context, new AddonOptions { Overlay = _flags.OverlayOf(context) ?? AddonOverlay.Generic });
        if (context.Console.Format is OutputFormat.Json)
        {
            WriteList(context.Console, AddonFlags.Made(options, AddonManifests.Objects));
        }
        else
        {
            context.Console.Out.Write(AddonFlags.Made(options, AddonManifests.Render));
        }

        return Task.FromResult(ExitCode.Success);
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

    private void WriteTree(CommandContext context, string tree)
    {
        if (_flags.IsAnyGiven(context))
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
