using System.CommandLine;
using System.Globalization;
using System.Numerics;
using Casemate.Cli.Commands;
using Casemate.Cli.Output;
using Casemate.Images.Gramine;
using Casemate.Images.Roots;
using Casemate.Measurement.Enclave;
using Casemate.Oci;
using Casemate.Oci.Building;
using Casemate.Oci.Files;
using Casemate.Oci.Layout;

namespace Casemate.Cli.Image;

/// <summary><c>casemate image enclave</c>: an application's image, unmodified, as one that runs it in an SGX enclave with
/// Gramine.</summary>
internal sealed partial class EnclaveImageCommand : CliCommand
{
    private const int MaxOverlayBytes = 1024 * 1024;

    protected override async Task<int> RunAsync(CommandContext context, CancellationToken cancellationToken)
    {
        var arguments = context.Arguments;
        var gramine = arguments.GetValue(_gramine) ?? throw CliException.Usage(
            $"{GramineName} is missing", $"Name Gramine's own files: {GramineName} DIRECTORY, or an image in which it is installed.");
        var location = CheckSigning(arguments);
        var options = ReadOptions(context);
        var date = Date(arguments, options.EpochSeconds);
        try
        {
            return await ConvertAsync(context, gramine, location, options, date, cancellationToken);
        }
        catch (EnclaveImageException failure)
        {
            var code = failure.Error switch
            {
                EnclaveImageError.InvalidSetting => ExitCode.Usage,
                EnclaveImageError.InsecureManifest or EnclaveImageError.MeasurementMismatch => ExitCode.Refused,
                _ => ExitCode.BadInput,
            };
            throw new CliException(code, failure.Message, failure.Remedy, failure) { Findings = failure.Findings };
        }
        catch (EnclaveException failure)
        {
            throw failure.Error is EnclaveError.NotRecomputable
                ? new CliException(
                    ExitCode.Refused, $"the enclave cannot be measured: not recomputable with this release; {failure.Message}",
                    $"Known are {string.Join(", ", GramineRelease.Known.Select(known => known.Name))}: {ReleaseName} RELEASE.", failure)
                : CliException.BadInput(failure.Message, failure.Remedy, failure);
        }
    }

    private async Task<int> ConvertAsync(
        CommandContext context, string gramine, ImageLocation? location, EnclaveImageOptions options, DateOnly date,
            CancellationToken cancel)
    {
        using var client = _registries.Open(context);
        using var runtime = await OpenedRuntime.OpenAsync(gramine, client, cancel);
        var place = ImageLocation.Parse(context.Arguments.GetValue(_source)!);
        var source = await place.OpenSourceAsync(client, limits: null, cancel);
        using var open = source as IDisposable;
        var image = await Oci.Image.FindAsync(source, place.TagOrDigest, null, limits: null, cancel);
        using var files = await ImageFileSystem.OpenAsync(image, null, cancel);
        var plan = EnclaveImagePlanner.Plan(image, files, GramineRuntime.Find(runtime.Root), options);
        foreach (var conflict in plan.Conflicts)
        {
            context.Console.Warn(ErrorText.OneLine($"the overlay replaces {conflict.Key} = {conflict.Generated} by {conflict.Overlay}"));
        }

        foreach (var note in plan.Notes)
        {
            context.Console.Note(ErrorText.OneLine(note));
        }

        if (context.Arguments.GetValue(_manifestOut) is { } manifestOut)
        {
            OutputFile.Write(ManifestOutName, manifestOut, plan.Manifest.Span, OutputFile.Readable);
        }

        var signing = plan.PrepareSigning(date);
        if (location is null)
        {
            var emit = context.Arguments.GetValue(_emit)!;
            OutputFile.Write(EmitName, emit, signing.ToBeSigned[0], OutputFile.Readable);
            EnclaveImageReport.WriteToBeSigned(context.Console, emit, signing.ToBeSigned[0]);
            return ExitCode.Success;
        }

        var signature = Sign(context.Arguments, signing);
        var written = await WriteAsync(context, plan, signature, location, cancel);
        EnclaveImageReport.Write(context.Console, location, plan, written);
        return ExitCode.Success;
    }

    private ImageLocation? CheckSigning(ParseResult arguments)
    {
        var (key, emit, attach) = (arguments.GetValue(_key), arguments.GetValue(_emit), arguments.GetValue(_attach));
        if ((key is null ? 0 : 1) + (emit is null ? 0 : 1) + (attach is null ? 0 : 1) != 1)
        {
            throw CliException.Usage(
                $"name one of {KeyName}, {EmitName} and {AttachName}", "Sign with a key at hand, or in two steps without it.");
        }

        if (attach is not null && (arguments.GetValue(_tbs) is null || arguments.GetValue(_publicKey) is null))
        {
            throw CliException.Usage(
                $"{AttachName} takes {TbsName} and {PublicKeyName}", $"Name what {EmitName} wrote, and the signer's public key.");
        }

        if (emit is not null)
        {
            OutputFile.Require(EmitName, emit);
            return null;
        }

        var location = ImageLocation.Parse(arguments.GetValue(_out) ?? throw CliException.Usage(
            $"{OutName} is missing", $"Say where the image goes: {OutName} oci:DIRECTORY:TAG."));
        return location.Transport is not ImageTransport.Registry ? DockerArchiveName.Require(location) : throw CliException.Usage(
            $"{OutName} '{location}' is a registry", "Write a layout (oci:DIRECTORY:TAG), look at it, then send it: casemate image push.");
    }

    private EnclaveImageOptions ReadOptions(CommandContext context)
    {
        var arguments = context.Arguments;
        return new EnclaveImageOptions
        {
            Release = arguments.GetValue(_release),
            EnclaveBytes = Size(arguments.GetValue(_size)!),
            Threads = arguments.GetValue(_threads),
            IsDynamic = arguments.GetValue(_edmm),
            ProductId = Number("--product-id", arguments.GetValue(_productId)),
            SecurityVersion = Number("--svn", arguments.GetValue(_securityVersion)),
            MakeDebugEnclave = arguments.GetValue(_debug),
            Attests = !arguments.GetValue(_noAttestation),
            Arguments = arguments.GetValue(_arguments) is { Length: > 0 } words ? [.. words] : null,
            ArgumentsInFile = arguments.GetValue(_argumentFile),
            AcceptHostArguments = arguments.GetValue(_hostArguments),
            Passthrough = [.. arguments.GetValue(_passthrough) ?? []],
            Environment = [.. arguments.GetValue(_env) ?? []],
            TrustedFiles = arguments.GetValue(_trusted) == "full" ? TrustedFileMode.Full : TrustedFileMode.Minimal,
            Trust = [.. arguments.GetValue(_trust) ?? []],
            AllowMissing = [.. arguments.GetValue(_allowMissing) ?? []],
            TemporaryMounts = arguments.GetValue(_temporary) is { Length: > 0 } mounts ? [.. mounts] : ["/tmp"],
            EncryptedMounts = [.. (arguments.GetValue(_encrypted) ?? []).Select(Mount)],
            TakesDomainNames = arguments.GetValue(_domainNames),
            Overlay = arguments.GetValue(_overlay) is { } overlay ? InputFile.ReadText(OverlayName, overlay, MaxOverlayBytes) : null,
            AllowInsecureManifest = arguments.GetValue(_allowInsecure),
            User = arguments.GetValue(_user),
            EpochSeconds = Epoch(context),
            Tool = VersionCommand.Version,
        };
    }

    private static EncryptedMount Mount(string text) => text.LastIndexOf('=') is > 0 and var equals
        ? new EncryptedMount(text[..equals], text[(equals + 1)..])
        : throw CliException.Usage($"{EncryptedName} '{text}' names no key", "Write it as /DIRECTORY=KEY.");

    private static ulong Size(string text)
    {
        var shift = text is [.., 'K'] ? 10 : text is [.., 'M'] ? 20 : text is [.., 'G'] ? 30 : 0;
        return ulong.TryParse(shift > 0 ? text[..^1] : text, NumberStyles.None, CultureInfo.InvariantCulture, out var size)
            && BitOperations.LeadingZeroCount(size) >= shift
            ? size << shift : throw CliException.Usage($"{SizeName} '{text}' is no size", "Write it as 512M or 4G.");
    }

    private static ushort Number(string option, int value) => value is >= 0 and <= ushort.MaxValue
        ? (ushort)value : throw CliException.Usage($"{option} is {value}", "Use 0 to 65535.");

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

    private DateOnly Date(ParseResult arguments, long epochSeconds) => arguments.GetValue(_date) is not { } text
        ? DateOnly.FromDateTime(DateTimeOffset.FromUnixTimeSeconds(epochSeconds).UtcDateTime)
        : DateOnly.TryParseExact(text, "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out var date)
            ? date : throw CliException.Usage($"{DateName} '{text}' is no date", "Write it as 2026-11-20.");

    private byte[] Sign(ParseResult arguments, EnclaveSigning signing)
    {
        if (arguments.GetValue(_key) is { } path)
        {
            using var key = EnclaveSigningKey.FromPem(InputFile.ReadText(KeyName, path, EnclaveSigningKey.MaxPemLength), needsPrivate: true);
            return signing.Sign(key);
        }

        using var publicKey = EnclaveSigningKey.FromPem(
            InputFile.ReadText(PublicKeyName, arguments.GetValue(_publicKey)!, EnclaveSigningKey.MaxPemLength), needsPrivate: false);
        return signing.Attach(
            publicKey, [InputFile.Read(TbsName, arguments.GetValue(_tbs)!, SigStruct.ToBeSignedSize)],
                [InputFile.Read(AttachName, arguments.GetValue(_attach)!, 4 * SigStruct.KeySize)]);
    }

    private static Task<EnclaveImage> WriteAsync(
        CommandContext context, EnclaveImagePlan plan, byte[] signature, ImageLocation location, CancellationToken cancel) =>
        NewImage.WriteAsync(
            location, target => EnclaveImageWriter.WriteAsync(plan, signature, target, location.Tag, context.Now, cancel));

    /// <summary>Where Gramine's files are: a directory, or the files of an image, open as long as they are read.</summary>
    private sealed class OpenedRuntime(IRootFileSystem root, ImageFileSystem? files) : IDisposable
    {
        public IRootFileSystem Root => root;

        public static async Task<OpenedRuntime> OpenAsync(string text, IRegistryTransport client, CancellationToken cancel)
        {
            if (Directory.Exists(text) && !File.Exists(Path.Combine(text, "oci-layout")))
            {
                return new OpenedRuntime(new DirectoryRoot(text), null);
            }

            var place = ImageLocation.Parse(text);
            var source = await place.OpenSourceAsync(client, limits: null, cancel);
            using var open = source as IDisposable;
            var files = await ImageFileSystem.OpenAsync(
                await Oci.Image.FindAsync(source, place.TagOrDigest, null, limits: null, cancel), null, cancel);
            return new OpenedRuntime(new ImageRoot(files), files);
        }

        public void Dispose() => files?.Dispose();
    }
}
