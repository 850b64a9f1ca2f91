using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using Casemate.Cli.Commands;
using Casemate.Cli.Output;
using Casemate.Measurement.Igvm;
using Casemate.Primitives;

namespace Casemate.Cli.Measure;

/// <summary><c>casemate measure igvm</c>.</summary>
internal sealed class MeasureIgvmCommand : CliCommand
{
    private readonly Argument<string> _file = new("FILE") { Description = "An IGVM file." };

    private readonly Option<string> _platform = new("--platform")
    {
        Description = "Only this platform: snp, tdx or vbs. Default: all that the file is for.",
        HelpName = "NAME",
    };

    private readonly Option<bool> _directives = new("--directives") { Description = "List the headers of the file instead." };

    public MeasureIgvmCommand()
        : base(
            "igvm",
            "The launch measurements of an IGVM file, for each platform that it is for, compared with the ID block and the CoRIM document that it "
            + "carries. Exit code 1: one of them names another measurement, or its signature is not right.",
            new CommandExample("Its measurements", "casemate measure igvm openhcl.igvm"),
            new CommandExample("What a loader does with it", "casemate measure igvm openhcl.igvm --directives"))
    {
        Add(_file);
        Add(_platform);
        Add(_directives);
    }

    protected override Task<int> RunAsync(CommandContext context, CancellationToken cancellationToken)
    {
        var path = context.Arguments.GetRequiredValue(_file);
        var wanted = context.Arguments.GetValue(_platform);
        if (wanted is not (null or "snp" or "tdx" or "vbs"))
        {
            throw CliException.Usage($"--platform '{wanted}' is not known", "Use snp, tdx or vbs.");
        }

        if (wanted is not null && context.Arguments.GetValue(_directives))
        {
            throw CliException.Usage("--directives lists the headers of every platform", "Leave --platform out.");
        }

        try
        {
            var file = IgvmFile.Parse(InputFile.Read(null, path, IgvmFile.MaxBytes));
            if (context.Arguments.GetValue(_directives))
            {
                WriteHeaders(context.Console, path, file);
                return Task.FromResult(ExitCode.Success);
            }

            var results = Measure(path, file, wanted, cancellationToken);
            Write(context.Console, path, results);
            return Task.FromResult(results.All(result => result.IsConsistent) ? ExitCode.Success : ExitCode.Refused);
        }
        catch (IgvmException failure)
        {
            throw CliException.BadInput($"{path}: {failure.Message}", IgvmException.Remedy(failure.Error), failure);
        }
    }

    private static List<MeasuredIgvm> Measure(string path, IgvmFile file, string? wanted, CancellationToken cancellationToken)
    {
        var results = new List<MeasuredIgvm>();
        foreach (var platform in file.Platforms.Where(platform =>
            platform.Platform is not IgvmPlatformType.Native && (wanted is null || MeasuredIgvm.Name(platform.Platform) == wanted)))
        {
            cancellationToken.ThrowIfCancellationRequested();
            results.Add(MeasuredIgvm.Of(IgvmMeasurement.Compute(file, platform)));
        }

        return results.Count > 0 ? results : throw CliException.BadInput(
            $"{path} is for no platform that was asked for: it names "
            + string.Join(", ", file.Platforms.Select(platform => MeasuredIgvm.Name(platform.Platform))),
            "Leave --platform out, or name one of these.");
    }

    private static void Write(ConsoleOutput console, string path, List<MeasuredIgvm> results)
    {
        if (console.Format is OutputFormat.Table)
        {
            results.ForEach(result => result.WriteText(console));
            return;
        }

        console.WriteDocument(json =>
        {
            json.WriteString("apiVersion", ApiVersion.V1);
            json.WriteString("file", path);
            json.WriteStartArray("measurements");
            results.ForEach(result => result.WriteObject(json));
            json.WriteEndArray();
        });
    }

    private static void WriteHeaders(ConsoleOutput console, string path, IgvmFile file)
    {
        if (console.Format is OutputFormat.Table)
        {
            var table = new TextTable("OFFSET", "HEADER", "PLATFORMS", "GPA", "BYTES", "NOTES");
            foreach (var header in file.Headers)
            {
                table.Add(
                    Tone.Plain, $"0x{header.Offset:x}", $"{header.Type}", header.Mask is { } mask ? $"0x{mask:x}" : "all",
                    header.Gpa is { } gpa ? $"0x{gpa:x}" : "", header.Size is { } size ? $"0x{size:x}" : "", Notes(header));
            }

            table.Write(console);
            if (file.SkippedHeaders > 0)
            {
                console.Note(string.Create(
                    CultureInfo.InvariantCulture, $"{Plural.Of(file.SkippedHeaders, "header")} of unknown types skipped, as they say one may"));
            }

            return;
        }

        console.WriteDocument(json =>
        {
            json.WriteString("apiVersion", ApiVersion.V1);
            json.WriteString("file", path);
            json.WriteNumber("skippedHeaders", file.SkippedHeaders);
            json.WriteStartArray("headers");
            foreach (var header in file.Headers)
            {
                WriteHeader(json, header);
            }

            json.WriteEndArray();
        });
    }

    private static void WriteHeader(Utf8JsonWriter json, IgvmHeader header)
    {
        json.WriteStartObject();
        json.WriteNumber("offset", header.Offset);
        json.WriteString("type", $"{header.Type}");
        json.WriteString("mask", header.Mask is { } mask ? $"0x{mask:x}" : null);
        json.WriteString("gpa", header.Gpa is { } gpa ? $"0x{gpa:x}" : null);
        json.WriteString("bytes", header.Size is { } size ? $"0x{size:x}" : null);
        json.WriteString("notes", Notes(header));
        json.WriteEndObject();
    }

    private static string Notes(IgvmHeader header)
    {
        var notes = new List<string>();
        Add(header.Platform is not null, () => MeasuredIgvm.Name(header.Platform));
        Add(header.Policy is not null, () => $"policy 0x{header.Policy:x}");
        Add(header.Area is not null, () => $"area {header.Area}");
        Add(header.PageType is not (null or IgvmPageType.Normal), () => $"{header.PageType}");
        Add(header.Flags is not (null or IgvmPageFlags.None), () => $"{header.Flags}");
        Add(header.Type is IgvmHeaderType.PageData && header.Data is null, () => "zeros");
        Add(header.VpIndex is not null, () => $"vCPU {header.VpIndex}");
        return string.Join(", ", notes);

        void Add(bool applies, Func<string> note)
        {
            if (applies)
            {
                notes.Add(note());
            }
        }
    }
}
