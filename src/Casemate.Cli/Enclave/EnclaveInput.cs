using System.CommandLine;
using Casemate.Cli.Output;
using Casemate.Measurement.Enclave;

namespace Casemate.Cli.Enclave;

/// <summary>The enclave files that a command line names, and the options that say where a Gramine enclave's other parts are.</summary>
internal sealed class EnclaveInput
{
    private const string ManifestSuffix = ".manifest.sgx";

    private readonly Option<string> _libpal = new("--libpal")
    {
        Description = "For a Gramine enclave: sgx/libpal.so of the Gramine installation that runs it. "
            + "Default: libpal.so beside the manifest.",
        HelpName = "FILE",
    };

    private readonly Option<string> _release = new("--gramine-release")
    {
        Description = "For a Gramine enclave: the release of that installation, such as 1.8. "
            + "Default: recognised by libpal.so or the result.",
        HelpName = "RELEASE",
    };

    /// <summary>The options.</summary>
    public IReadOnlyList<Option> All => [_libpal, _release];

    /// <summary>True for a Gramine manifest, by its name.</summary>
    public static bool IsGramine(string path) => path.EndsWith(ManifestSuffix, StringComparison.Ordinal);

    /// <summary>The files that a name stands for: itself, or the Gramine manifests in a directory.</summary>
    /// <exception cref="CliException">The directory holds none.</exception>
    public static IEnumerable<string> Expand(string name)
    {
        if (name.Length == 0)
        {
            throw CliException.Usage("FILE is empty", "Name an enclave file.");
        }

        if (!Directory.Exists(name))
        {
            return [name];
        }

        var manifests = Directory.EnumerateFiles(name, "*" + ManifestSuffix).Order(StringComparer.Ordinal).ToList();
        return manifests.Count > 0 ? manifests : throw CliException.BadInput(
            $"{name} is a directory without a Gramine manifest ({ManifestSuffix})", "Name the enclave file in it.");
    }

    /// <summary>Inspects one file.</summary>
    /// <exception cref="CliException">It cannot be read, or is no enclave.</exception>
    public EnclaveReport Inspect(ParseResult arguments, string path, DateTimeOffset now) => Guard(path, () => IsGramine(path)
        ? EnclaveFile.InspectGramine(ReadGramine(arguments, path), now)
        : EnclaveFile.Inspect(Read(path, EnclaveLimits.Default.MaxFileBytes), now));

    /// <summary>Prepares one file for signing.</summary>
    /// <exception cref="CliException">It cannot be read, or is no enclave that can be signed.</exception>
    public EnclaveSigning Prepare(ParseResult arguments, string path, DateOnly date) => Guard(path, () => IsGramine(path)
        ? EnclaveSigning.PrepareGramine(ReadGramine(arguments, path), date)
        : EnclaveSigning.Prepare(Read(path, EnclaveLimits.Default.MaxFileBytes), date));

    /// <summary>Does work with a file, and puts its name before what is wrong with it.</summary>
    /// <exception cref="CliException">It cannot be read, or is no enclave.</exception>
    public static T Guard<T>(string path, Func<T> work)
    {
        try
        {
            return work();
        }
        catch (EnclaveException exception)
        {
            throw CliException.BadInput($"{path}: {exception.Message}", exception.Remedy, exception);
        }
    }

    /// <summary>Reads a whole file.</summary>
    /// <exception cref="CliException">It is not there, too large, or cannot be read.</exception>
    public static byte[] Read(string path, long limit) => InputFile.Read(null, path, limit);

    private GramineInput ReadGramine(ParseResult arguments, string path)
    {
        var directory = Path.GetDirectoryName(Path.GetFullPath(path))!;
        var signature = path[..^ManifestSuffix.Length] + ".sig";
        var libpal = arguments.GetValue(_libpal) ?? new[] { "libpal.so", Path.Combine("sgx", "libpal.so") }
            .Select(name => Path.Combine(directory, name)).FirstOrDefault(File.Exists);
        return new GramineInput(Read(path, GramineManifest.MaxBytes))
        {
            Signature = File.Exists(signature) ? Read(signature, SigStruct.Size) : default(ReadOnlyMemory<byte>),
            Libpal = libpal is null ? default(ReadOnlyMemory<byte>) : Read(libpal, EnclaveLimits.Default.MaxFileBytes),
            Release = arguments.GetValue(_release),
        };
    }
}
