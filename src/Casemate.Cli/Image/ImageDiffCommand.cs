using System.CommandLine;
using System.Text.Json;
using Casemate.Cli.Commands;
using Casemate.Cli.Output;
using Casemate.Oci;
using Casemate.Oci.Diff;
using Casemate.Oci.Layout;
using Casemate.Oci.Tar;
using Casemate.Primitives;

namespace Casemate.Cli.Image;

/// <summary><c>casemate image diff</c>.</summary>
internal sealed class ImageDiffCommand : CliCommand
{
    private readonly RegistryAccess _registries = new();
    private readonly Argument<string> _before = new("BEFORE") { Description = $"The first image: {ImageTransferCommand.Places}." };
    private readonly Argument<string> _after = new("AFTER") { Description = "The second image, written likewise." };

    private readonly Option<string?> _platform = new("--platform")
    {
        Description = "The platform to choose where a name means several. Default: linux/amd64.",
        HelpName = "OS/ARCHITECTURE",
    };

    public ImageDiffCommand()
        : base(
            "diff", "Compare two images: settings, layers, and every file by mode, owner and content; times do not count. Exit code 0 no "
            + "difference, 1 there are some, 3 an image is not there or malformed, 4 a registry cannot be reached, 5 not permitted.",
            new CommandExample("Two builds", "casemate image diff oci:build:app oci:again:app"),
            new CommandExample("What a release changed", "casemate image diff registry.example/app:1 registry.example/app:2"),
            new CommandExample("For a script", "casemate image diff oci:a oci:b -o json"))
    {
        Add(_before);
        Add(_after);
        Add(_platform);
        foreach (var option in _registries.All)
        {
            Add(option);
        }
    }

    protected override async Task<int> RunAsync(CommandContext context, CancellationToken cancellationToken)
    {
        var platform = context.Arguments.GetValue(_platform) is { } text ? Platform.Parse(text) : null;
        var (first, second) = (
            ImageLocation.Parse(context.Arguments.GetValue(_before)!), ImageLocation.Parse(context.Arguments.GetValue(_after)!));
        using var client = _registries.Open(context);
        var from = await first.OpenSourceAsync(client, limits: null, cancellationToken);
        using var openFrom = from as IDisposable;
        var to = await second.OpenSourceAsync(client, limits: null, cancellationToken);
        using var openTo = to as IDisposable;
        var before = await Oci.Image.FindAsync(from, first.TagOrDigest, platform, limits: null, cancellationToken);
        var after = await Oci.Image.FindAsync(to, second.TagOrDigest, platform, limits: null, cancellationToken);
        var diff = await ImageDiff.CompareAsync(before, after, limits: null, cancellationToken);
        if (context.Console.Format is OutputFormat.Table)
        {
            Write(context.Console, diff);
        }
        else
        {
            context.Console.WriteDocument(json => Write(json, before, after, diff));
        }

        return diff.IsEmpty ? ExitCode.Success : ExitCode.Refused;
    }

    private static void Write(ConsoleOutput console, ImageDiff diff)
    {
        if (diff.IsEmpty)
        {
            console.Out.WriteLine("no difference");
            return;
        }

        var table = new TextTable("CHANGE", "WHAT", "BEFORE", "AFTER");
        foreach (var setting in diff.Settings)
        {
            var kind = setting.Before is null ? ChangeKind.Added : setting.After is null ? ChangeKind.Removed : ChangeKind.Changed;
            Add(kind, setting.Name, setting.Before, setting.After);
        }

        foreach (var layer in diff.Layers)
        {
            var shown = $"{layer.DiffId.Short} {ByteCount.Text(layer.Layer.Size)}";
            Add(
                layer.Kind, $"layer {layer.Number}", layer.Kind is ChangeKind.Removed ? shown : null,
                layer.Kind is ChangeKind.Added ? shown : null);
        }

        foreach (var file in diff.Files)
        {
            Add(file.Kind, file.Path, Text(file.Before), Text(file.After));
        }

        table.Write(console);

        void Add(ChangeKind kind, string what, string? before, string? after) => table.Add(
            kind is ChangeKind.Added ? Tone.Good : kind is ChangeKind.Removed ? Tone.Bad : Tone.Caution, Word(kind),
                ErrorText.OneLine(what),
            ErrorText.OneLine(before ?? "-"), ErrorText.OneLine(after ?? "-"));
    }

    private static string Word(ChangeKind kind) => kind switch
    {
        ChangeKind.Added => "added",
        ChangeKind.Removed => "removed",
        ChangeKind.Changed => "changed",
        _ => throw new InvalidOperationException($"The change {kind} has no word."),
    };

    private static string KindWord(FileState state) =>
        state.Kind is TarEntryKind.SymbolicLink ? "link" : state.Kind.ToString().ToLowerInvariant();

    private static string Mode(FileState state) => Convert.ToString(state.Mode, 8).PadLeft(4, '0');

    private static string? Text(FileState? state)
    {
        if (state is null)
        {
            return null;
        }

        var content = state.Digest is { } digest ? $" {ByteCount.Text(state.Size)} {digest.Short}" : "";
        var target = state.LinkTarget.Length > 0 ? $" -> {state.LinkTarget}" : "";
        return $"{KindWord(state)} {Mode(state)} {state.UserId}:{state.GroupId}{content}{target}";
    }

    private static void Write(Utf8JsonWriter json, Oci.Image before, Oci.Image after, ImageDiff diff)
    {
        json.WriteString("apiVersion", ApiVersion.V1);
        json.WriteString("before", before.Descriptor.Digest.Text);
        json.WriteString("after", after.Descriptor.Digest.Text);
        json.WriteBoolean("same", diff.IsEmpty);
        json.WriteStartArray("settings");
        foreach (var setting in diff.Settings)
        {
            json.WriteStartObject();
            json.WriteString("name", setting.Name);
            json.WriteString("before", setting.Before);
            json.WriteString("after", setting.After);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteStartArray("layers");
        foreach (var layer in diff.Layers)
        {
            json.WriteStartObject();
            json.WriteString("change", Word(layer.Kind));
            json.WriteNumber("number", layer.Number);
            json.WriteString("diffId", layer.DiffId.Text);
            json.WriteString("digest", layer.Layer.Digest.Text);
            json.WriteNumber("size", layer.Layer.Size);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteStartArray("files");
        foreach (var file in diff.Files)
        {
            json.WriteStartObject();
            json.WriteString("path", file.Path);
            json.WriteString("change", Word(file.Kind));
            Write(json, "before", file.Before);
            Write(json, "after", file.After);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    private static void Write(Utf8JsonWriter json, string name, FileState? state)
    {
        if (state is null)
        {
            json.WriteNull(name);
            return;
        }

        json.WriteStartObject(name);
        json.WriteString("kind", KindWord(state));
        json.WriteString("mode", Mode(state));
        json.WriteNumber("userId", state.UserId);
        json.WriteNumber("groupId", state.GroupId);
        json.WriteNumber("size", state.Size);
        json.WriteString("digest", state.Digest?.Text);
        json.WriteString("linkTarget", state.LinkTarget.Length > 0 ? state.LinkTarget : null);
        json.WriteEndObject();
    }
}
