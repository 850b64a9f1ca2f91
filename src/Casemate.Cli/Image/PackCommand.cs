using System.Collections.Immutable;
using Casemate.Cli.Commands;
using Casemate.Cli.Output;
using Casemate.Images.Closure;
using Casemate.Images.Packing;
using Casemate.Images.Sbom;
using Casemate.Oci;
using Casemate.Oci.Building;
using Casemate.Oci.Layout;

namespace Casemate.Cli.Image;

/// <summary><c>casemate image pack</c>: a program and all that it needs as an image, without a base image and without Docker.</summary>
internal sealed partial class PackCommand : CliCommand
{
    private const string OutName = "--out";
    private const string SbomName = "--sbom";
    private const string QcnlName = "--qcnl";
    private const int MaxQcnlBytes = 64 * 1024;

    protected override async Task<int> RunAsync(CommandContext context, CancellationToken cancellationToken)
    {
        var arguments = context.Arguments;
        var (isSelf, isDry) = (arguments.GetValue(_self), arguments.GetValue(_dryRun));
        var location = Location(arguments.GetValue(_out), isDry);
        var sbomFile = arguments.GetValue(_sbom);
        if (sbomFile is not null && !isDry)
        {
            OutputFile.Require(SbomName, sbomFile);
        }

        try
        {
            var source = isSelf ? SelfSource(context) : ProgramSource(context);
            var options = OptionsFor(context, source);
            var plan = PackPlanner.Plan(source.Root, options, context.Now);
            foreach (var finding in plan.Findings)
            {
                context.Console.Warn(ErrorText.OneLine(finding));
            }

            if (isDry)
            {
                PackReport.Write(context.Console, plan, null, null, arguments.GetValue(_explain));
                return ExitCode.Success;
            }

            var name = source.Program[(source.Program.LastIndexOf('/') + 1)..];
            var sbom = await SpdxDocument.WriteAsync(plan, name, cancellationToken);
            var image = await WriteAsync(context, plan, location!, sbom, cancellationToken);
            if (sbomFile is not null)
            {
                OutputFile.Write(SbomName, sbomFile, sbom, OutputFile.Readable);
            }

            PackReport.Write(context.Console, plan, location, image, arguments.GetValue(_explain));
            return ExitCode.Success;
        }
        catch (PackException failure)
        {
            var code = failure.Error is PackError.InvalidSetting ? ExitCode.Usage
                : failure.Error is PackError.Incomplete or PackError.EnclaveUnreadable ? ExitCode.BadInput : ExitCode.Refused;
            throw new CliException(code, failure.Message, RemedyOf(failure), failure) { Findings = failure.Findings };
        }
    }

    private static string? RemedyOf(PackException failure) => failure.Error is PackError.EnclaveDebug
        ? $"{failure.Remedy} To pack it all the same, for tests: {AcceptDebugName}." : failure.Remedy;

    private static ImageLocation? Location(string? text, bool isDry)
    {
        if (text is null)
        {
            return isDry ? null : throw CliException.Usage(
                $"{OutName} is missing", $"Say where the image goes: {OutName} oci:DIRECTORY:TAG, or look at it first with --dry-run.");
        }

        try
        {
            var location = ImageLocation.Parse(text);
            return location.Transport is not ImageTransport.Registry ? DockerArchiveName.Require(location) : throw CliException.Usage(
                $"{OutName} '{text}' is a registry", "Pack into a layout (oci:DIRECTORY:TAG), look at it, then send it: casemate image "
                    + "push.");
        }
        catch (OciException failure)
        {
            throw CliException.Usage($"{OutName}: {failure.Message}", failure.Remedy);
        }
    }

    private PackOptions OptionsFor(CommandContext context, PackSource source)
    {
        var arguments = context.Arguments;
        return new PackOptions
        {
            Program = source.Program,
            Arguments = source.Arguments,
            Include = source.Include,
            Enclaves = source.Enclaves,
            AcceptDebugEnclaves = arguments.GetValue(_acceptDebug),
            Quotes = arguments.GetValue(_quote) switch
            {
                "out-of-process" => QuoteMode.OutOfProcess,
                "in-process" => QuoteMode.InProcess,
                "none" => QuoteMode.None,
                _ => null,
            },
            CollateralConfiguration = arguments.GetValue(_qcnl) is { } qcnl ? ReadQcnl(qcnl) : (ReadOnlyMemory<byte>?)null,
            Environment = [.. source.Environment, .. arguments.GetValue(_env) ?? []],
            Entrypoint = [.. arguments.GetValue(_entrypoint) ?? []],
            WorkingDirectory = arguments.GetValue(_workdir) ?? source.WorkingDirectory,
            User = arguments.GetValue(_user) ?? $"{PackOptions.NonRoot}:{PackOptions.NonRoot}",
            Labels = Labels(arguments.GetValue(_labels) ?? [], source.Labels),
            AllowMissing = [.. arguments.GetValue(_allowMissing) ?? []],
            ProcessorVariants = arguments.GetValue(_processorVariants),
            Certificates = source.NeedsCertificates && arguments.GetValue(_certificates) is "auto" ? DataSwitch.Include
                : Switch(arguments.GetValue(_certificates)),
            NameService = Switch(arguments.GetValue(_nss)),
            TimeZones = Switch(arguments.GetValue(_tzdata)),
            CharacterSets = Switch(arguments.GetValue(_gconv)),
            Locales = Switch(arguments.GetValue(_locale)),
            EpochSeconds = Epoch(context),
            ToolVersion = VersionCommand.Version,
        };
    }

    private static DataSwitch Switch(string? text) => text switch
    {
        "yes" => DataSwitch.Include,
        "no" => DataSwitch.Exclude,
        _ => DataSwitch.Detect,
    };

    private static ImmutableSortedDictionary<string, string> Labels(string[] texts, ImmutableSortedDictionary<string, string> labels)
    {
        foreach (var text in texts)
        {
            if (text.Split('=', 2) is not [{ Length: > 0 } name, var value])
            {
                throw CliException.Usage($"--label '{text}' has no name and value", "Write it as NAME=VALUE.");
            }

            labels = labels.SetItem(name, value);
        }

        return labels;
    }

    private static long Epoch(CommandContext context)
    {
        try
        {
            return ImageBuilder.ReadSourceDateEpoch(context.Invocation.Environment("SOURCE_DATE_EPOCH"));
        }
        catch (FormatException failure)
        {
            throw CliException.Usage(failure.Message);
        }
    }

    private static ReadOnlyMemory<byte> ReadQcnl(string path) =>
        InputFile.Read(QcnlName, path, MaxQcnlBytes, "casemate qcnl write makes one.");

    private static Task<PackedImage> WriteAsync(
        CommandContext context, PackPlan plan, ImageLocation location, byte[] sbom, CancellationToken cancellationToken) =>
        NewImage.WriteAsync(location, async target =>
        {
            var progress = new PackProgressLine(context.Console, context.Invocation.ErrorIsTerminal);
            var image = await Packer.WriteAsync(
                plan, target, location.Tag, location.Transport is ImageTransport.DockerArchive ? null : sbom, progress, cancellationToken);
            progress.Clear();
            return image;
        });
}
