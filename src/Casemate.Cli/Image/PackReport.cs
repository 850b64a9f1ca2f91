using System.Text.Json;
using Casemate.Cli.Output;
using Casemate.Images.Closure;
using Casemate.Images.Packing;
using Casemate.Oci.Layout;
using Casemate.Oci.Tar;
using Casemate.Primitives;

namespace Casemate.Cli.Image;

/// <summary>Says what was packed.</summary>
internal static class PackReport
{
    private const int MaxReasonsShown = 3;

    /// <summary>Writes the result in the format that was asked for.</summary>
    /// <param name="console">Where it goes.</param>
    /// <param name="plan">What was planned.</param>
    /// <param name="location">Where the image is; null after a dry run.</param>
    /// <param name="image">What was written; null after a dry run.</param>
    /// <param name="isExplained">Whether every file is listed.</param>
    public static void Write(ConsoleOutput console, PackPlan plan, ImageLocation? location, PackedImage? image, bool isExplained)
    {
        if (console.Format is OutputFormat.Table)
        {
            WriteTable(console, plan, location, image, isExplained);
        }
        else
        {
            console.WriteDocument(json => WriteDocument(json, plan, location, image, isExplained));
        }
    }

    private static void WriteTable(ConsoleOutput console, PackPlan plan, ImageLocation? location, PackedImage? image, bool isExplained)
    {
        if (isExplained)
        {
            var table = new TextTable("layer", "size", "package", "file", "why");
            foreach (var file in plan.Files.Where(file => file.Kind is not TarEntryKind.Directory || file.Layer is PackLayer.Application))
            {
                var shown = file.Kind is TarEntryKind.SymbolicLink ? $"{file.Path} -> {file.LinkTarget}" : file.Path;
                table.Add(
                    Tone.Plain, Packer.NameOf(file.Layer), file.Kind is TarEntryKind.File ? ByteCount.Text(file.Size) : "",
                    file.Package?.Name ?? "",
                    ErrorText.Harmless(shown), ErrorText.Harmless(Why(file)));
            }

            table.Write(console);
            console.Out.WriteLine();
        }

        foreach (var layer in Enum.GetValues<PackLayer>().Where(layer => plan.InLayer(layer).Any()))
        {
            var files = plan.InLayer(layer).Where(file => file.Kind is TarEntryKind.File).ToList();
            console.Out.WriteLine($"{Packer.NameOf(layer),-12}  {files.Count,5} files  {ByteCount.Text(files.Sum(file => file.Size)),10}");
        }

        foreach (var enclave in plan.Enclaves)
        {
            foreach (var identity in enclave.Identities)
            {
                var how = enclave.IsRecomputed ? "recomputed" : "as signed, not recomputed";
                console.Out.WriteLine(
                    $"{ErrorText.Harmless(enclave.Path)}: MRENCLAVE {identity.MrEnclave} ({how}), "
                    + $"MRSIGNER {identity.MrSigner}, product {identity.ProductId}, version {identity.SecurityVersion}"
                    + (identity.IsDebugAllowed ? ", DEBUG" : ""));
            }
        }

        if (plan.Quotes is not QuoteMode.None)
        {
            console.Out.WriteLine($"quotes: {ImageLabels.TextOf(plan.Quotes)}");
        }

        console.Out.WriteLine(image is null
            ? $"not written: {ByteCount.Text(plan.TotalSize)} unpacked"
            : $"{location}: {image.Manifest.Digest}, {ByteCount.Text(plan.TotalSize)} unpacked, "
                + $"{ByteCount.Text(image.Layers.Sum(layer => layer.Built.Descriptor.Size))} to transfer");
    }

    private static void WriteDocument(Utf8JsonWriter json, PackPlan plan, ImageLocation? location, PackedImage? image, bool isExplained)
    {
        json.WriteString("apiVersion", ApiVersion.V1);
        json.WriteString("image", location?.ToString());
        json.WriteString("digest", image?.Manifest.Digest.Text);
        json.WriteString("sbom", image?.Sbom?.Digest.Text);
        json.WriteNumber("unpackedBytes", plan.TotalSize);
        json.WriteStartArray("layers");
        foreach (var layer in Enum.GetValues<PackLayer>().Where(layer => plan.InLayer(layer).Any()))
        {
            var built = image?.Layers.First(written => written.Layer == layer).Built;
            json.WriteStartObject();
            json.WriteString("name", Packer.NameOf(layer));
            json.WriteString("digest", built?.Descriptor.Digest.Text);
            json.WriteString("diffId", built?.DiffId.Text);
            json.WriteNumber("files", plan.InLayer(layer).Count(file => file.Kind is TarEntryKind.File));
            json.WriteNumber("bytes", plan.InLayer(layer).Sum(file => file.Size));
            if (built is not null)
            {
                json.WriteNumber("compressedBytes", built.Descriptor.Size);
            }

            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteStartObject("labels");
        foreach (var (name, value) in plan.Labels)
        {
            json.WriteString(name, value);
        }

        json.WriteEndObject();
        json.WriteStartArray("findings");
        foreach (var finding in plan.Findings)
        {
            json.WriteStringValue(finding);
        }

        json.WriteEndArray();
        if (isExplained)
        {
            json.WriteStartArray("files");
            foreach (var file in plan.Files)
            {
                WriteFile(json, file);
            }

            json.WriteEndArray();
        }
    }

    private static void WriteFile(Utf8JsonWriter json, PackedFile file)
    {
        json.WriteStartObject();
        json.WriteString("path", file.Path);
        json.WriteString("layer", Packer.NameOf(file.Layer));
        json.WriteString("kind", file.Kind switch { TarEntryKind.File => "file", TarEntryKind.SymbolicLink => "link", _ => "directory" });
        json.WriteString("mode", Convert.ToString(file.Mode, 8).PadLeft(4, '0'));
        if (file.Kind is TarEntryKind.File)
        {
            json.WriteNumber("size", file.Size);
            json.WriteString("sha256", file.Sha256);
        }
        else if (file.Kind is TarEntryKind.SymbolicLink)
        {
            json.WriteString("target", file.LinkTarget);
        }

        json.WriteString("package", file.Package is { } package ? $"{package.Name} {package.Version}" : null);
        json.WriteStartArray("why");
        foreach (var reason in file.Reasons)
        {
            json.WriteStringValue(Text(reason));
        }

        json.WriteEndArray();
        json.WriteEndObject();
    }

    private static string Why(PackedFile file) => string.Join("; ", file.Reasons.Take(MaxReasonsShown).Select(Text))
        + (file.Reasons.Length > MaxReasonsShown ? $"; {file.Reasons.Length - MaxReasonsShown} more" : "");

    private static string Text(ClosureReason reason) => reason.Kind switch
    {
        ClosureReasonKind.Program => "the program",
        ClosureReasonKind.Included => $"included: {reason.Detail}",
        ClosureReasonKind.Loader => $"loader of {reason.By}",
        ClosureReasonKind.ScriptInterpreter => $"{reason.By}: {reason.Detail}",
        ClosureReasonKind.Library or ClosureReasonKind.ProcessorVariant => $"{reason.By} needs {reason.Detail}",
        ClosureReasonKind.RuntimePart => $"{reason.By} opens {reason.Detail}",
        ClosureReasonKind.Data => reason.Detail,
        ClosureReasonKind.LoaderConfiguration => $"the loader: {reason.Detail}",
        ClosureReasonKind.Link => reason.Detail,
        _ => throw new ArgumentOutOfRangeException(nameof(reason)),
    };
}
