using System.Collections.Immutable;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Casemate.Images.Closure;
using Casemate.Images.Roots;
using Casemate.Measurement.Enclave;
using Casemate.Oci;
using Casemate.Oci.Documents;
using Casemate.Oci.Layers;
using Casemate.Oci.Streams;
using Casemate.Oci.Tar;

namespace Casemate.Images.Packing;

/// <summary>Decides what goes into an image: finds it, checks it, and gives each file its layer. Writes nothing.</summary>
public sealed class PackPlanner
{
    private const string SearchPath = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
    private const string CachePath = "/etc/ld.so.cache";
    private const string CollateralPath = "/etc/sgx_default_qcnl.conf";
    private const int MaxPrivateNamed = 5;
    private const int MaxReleaseBytes = 64 * 1024;

    private readonly PackOptions _options;
    private readonly RootWalk _walk;
    private readonly Dictionary<string, PackedFile> _files = new(StringComparer.Ordinal);
    private readonly List<string> _findings = [];
    private readonly List<string> _private = [];

    private PackPlanner(IRootFileSystem root, PackOptions options) => (_walk, _options) = (new RootWalk(root), options);

    /// <summary>Makes the plan of an image.</summary>
    /// <param name="root">Where the files are.</param>
    /// <param name="options">What is wanted.</param>
    /// <param name="now">The instant that dates in signatures are compared with; nothing of it enters the image.</param>
    /// <exception cref="PackException">Something is missing, an enclave is refused, or a setting makes no sense.</exception>
    /// <exception cref="OciException">The root cannot be read, or something in it is beyond a limit.</exception>
    public static PackPlan Plan(IRootFileSystem root, PackOptions options, DateTimeOffset now)
    {
        ArgumentNullException.ThrowIfNull(root);
        ArgumentNullException.ThrowIfNull(options);
        PackSettings.Check(options);
        return new PackPlanner(root, options).Plan(now);
    }

    private PackPlan Plan(DateTimeOffset now)
    {
        var check = new EnclaveCheck(_walk, _options, now);
        var read = _options.Enclaves.Select(check.Read).ToList();
        ImmutableArray<PackedEnclave> enclaves = [.. read.Select(one => one.Enclave)];
        var mode = _options.Quotes ?? QuoteMode.OutOfProcess;
        var closure = ClosureResolver.Resolve(_walk.Root, Closure(mode));
        var lacking = QuotingParts.Missing(_options, mode, enclaves, closure);
        RequireComplete(closure, mode, _options.Quotes is null ? [] : lacking);

        var layers = LayerAssignment.Of(closure.Files);
        foreach (var file in closure.Files)
        {
            Add(Packed(file, layers[file.Path]));
        }

        if (_private.Count > 0)
        {
            _findings.Add(
                $"{string.Join(", ", _private.Take(MaxPrivateNamed).Select(path => Shown.Of(path)))}"
                + (_private.Count > MaxPrivateNamed ? $" and {_private.Count - MaxPrivateNamed} more" : "")
                + ": for the owner alone where it was taken from; in the image everybody reads it. Leave secrets out of images");
        }

        foreach (var path in read.SelectMany(one => one.Paths))
        {
            AddEnclaveFile(path);
        }

        AddFrame(closure, mode);
        if (_options.Quotes is null && enclaves.IsEmpty && _files.Values.All(file => file.Layer is not PackLayer.SgxRuntime))
        {
            mode = QuoteMode.None;
        }
        else if (_options.Quotes is null)
        {
            _findings.AddRange(lacking.Select(part => QuotingParts.Sentence(mode, part)));
        }

        _findings.AddRange(InterpreterLibrary.Findings(_files.Values, _options.Include.IsEmpty));
        foreach (var enclave in enclaves)
        {
            _findings.AddRange(enclave.Report.AllFindings.Select(finding => $"{Shown.Of(enclave.Path)}: {finding.Message}"));
        }

        ImmutableArray<PackedFile> files = [.. _files.Values.OrderBy(file => file.Path, StringComparer.Ordinal)];
        var source = SourceDigest(files);
        var labels = Labels(enclaves, mode, source);
        if (mode is QuoteMode.InProcess && QuotingEpc() is { } epc)
        {
            labels = labels.SetItem(ImageLabels.QuotesEpc, epc.ToString(CultureInfo.InvariantCulture));
        }

        return new PackPlan(_options, files, enclaves, mode, labels, Config(mode, labels), source, Distribution(), [.. _findings]);
    }

    private ClosureOptions Closure(QuoteMode mode) => new()
    {
        Programs = [_options.Program],
        Include = _options.Include,
        LibraryPath = Variable("LD_LIBRARY_PATH"),
        CommandPath = Variable("PATH") ?? SearchPath,
        WorkingDirectory = _options.WorkingDirectory,
        ProcessorVariants = _options.ProcessorVariants,
        AllowMissing = _options.AllowMissing,
        Quotes = mode,
        NameService = _options.NameService,
        Accounts = _options.NameService,
        Certificates = _options.Certificates,
        CharacterSets = _options.CharacterSets,
        Locales = _options.Locales,
        TimeZones = _options.TimeZones is DataSwitch.Include ? DataSwitch.Include : DataSwitch.Exclude,
    };

    private void RequireComplete(ClosureResult closure, QuoteMode mode, List<string> lacking)
    {
        // What is said about the configuration for collateral is said when it is known whether there is one.
        foreach (var finding in closure.Findings.Where(finding => finding.Severity is not ClosureSeverity.Error
            && !finding.Message.Contains(CollateralPath, StringComparison.Ordinal)))
        {
            _findings.Add(finding.Message);
        }

        var found = closure.Findings.Where(finding => finding.Severity is ClosureSeverity.Error).ToList();
        var parts = lacking.Where(part => !found.Exists(finding => finding.Message.Contains(part, StringComparison.Ordinal))).ToList();
        ImmutableArray<string> errors =
            [.. found.Select(finding => finding.Message), .. parts.Select(part => QuotingParts.Sentence(mode, part))];
        if (errors.IsEmpty)
        {
            return;
        }

        throw new PackException(
            PackError.Incomplete, errors.Length == 1 ? errors[0]
                : $"{errors.Length} things that {Shown.Of(_options.Program)} needs are missing or cannot be used",
            MissingRemedy.For([.. found.Select(finding => finding.Kind), .. parts.Select(_ => ClosureFindingKind.RuntimePartMissing)]))
        {
            Findings = errors.Length == 1 ? [] : errors,
        };
    }

    private PackedFile Packed(ClosureFile file, PackLayer layer)
    {
        const UnixFileMode anyExecute = UnixFileMode.UserExecute | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute;
        const UnixFileMode anyOfOthers = UnixFileMode.GroupRead | UnixFileMode.GroupWrite | UnixFileMode.GroupExecute
            | UnixFileMode.OtherRead | UnixFileMode.OtherWrite | UnixFileMode.OtherExecute;
        switch (file.Kind)
        {
            case RootEntryKind.Link:
                // A link to a directory, such as /lib, stands in the lists of all packages that have something behind it.
                var isOfAll = _walk.Resolve(file.Path) is { Entry.Kind: RootEntryKind.Directory };
                return new PackedFile(file.Path, TarEntryKind.SymbolicLink, layer, 0x1FF, file.Reasons)
                {
                    LinkTarget = file.LinkTarget!,
                    Package = isOfAll ? null : file.Package,
                };
            case RootEntryKind.Directory:
                return new PackedFile(file.Path, TarEntryKind.Directory, layer, 0x1ED, file.Reasons) { Package = file.Package };
            default:
                if ((file.Mode & (UnixFileMode.SetUser | UnixFileMode.SetGroup)) != 0)
                {
                    _findings.Add($"{Shown.Of(file.Path)} runs with its owner's rights where it was taken from; in the image it does not");
                }

                if ((file.Mode & anyOfOthers) == 0)
                {
                    _private.Add(file.Path);
                }

                var isProgram = (file.Mode & anyExecute) != 0 || file.Reasons.Any(reason => reason.Kind is ClosureReasonKind.Program);
                var mode = isProgram ? 0x1ED : 0x1A4;
                return new PackedFile(file.Path, TarEntryKind.File, layer, mode, file.Reasons)
                {
                    Content = Content(file.Path, file.Size, file.Sha256!),
                    Sha256 = file.Sha256,
                    Package = file.Package,
                };
        }
    }

    // Read again when it is written: what changed in between is found, and nothing of a wrong digest is kept.
    private ContentSource Content(string path, long size, string sha256) => new(size, _ => Task.FromResult<Stream>(new VerifyingStream(
        _walk.Root.Open(path), new Descriptor("application/octet-stream", Digest.Parse("sha256:" + sha256), size), Shown.Of(path))));

    private void AddEnclaveFile(string path)
    {
        var location = _walk.Resolve(path)!;
        var why = new ClosureReason(ClosureReasonKind.Included, null, path == location.Path ? "an enclave, or its signature"
            : $"an enclave: {Shown.Of(path)}");
        foreach (var link in location.Links)
        {
            Add(new PackedFile(link, TarEntryKind.SymbolicLink, PackLayer.Enclave, 0x1FF,
                [new ClosureReason(ClosureReasonKind.Link, location.Path, "leads to an enclave")])
            {
                LinkTarget = _walk.Look(link)!.LinkTarget!,
            });
        }

        string sha256;
        using (var stream = _walk.Root.Open(location.Path))
        {
            sha256 = Convert.ToHexStringLower(SHA256.HashData(stream));
        }

        Add(new PackedFile(location.Path, TarEntryKind.File, PackLayer.Enclave, 0x1A4, [why])
        {
            Content = Content(location.Path, location.Entry.Size, sha256),
            Sha256 = sha256,
        });
    }

    private void AddFrame(ClosureResult closure, QuoteMode mode)
    {
        foreach (var (path, content, why) in RootFrame.Files(_options))
        {
            AddMade(path, content, PackLayer.Base, why);
        }

        if (_files.ContainsKey(CachePath))
        {
            var libraries = closure.Processes.SelectMany(process => process.Libraries).Where(library => !library.RequestedAs.Contains('/'));
            AddMade(
                CachePath, LoaderCacheWriter.Write(libraries.Select(library => (library.RequestedAs, library.Name))), PackLayer.Base,
                "made: where the loader finds what is in no default directory");
        }

        if (_options.CollateralConfiguration is { } configuration)
        {
            AddMade(CollateralPath, configuration.ToArray(), PackLayer.SgxRuntime, "given: where collateral comes from");
        }
        else if (mode is QuoteMode.InProcess)
        {
            _findings.Add(_files.ContainsKey(CollateralPath)
                ? $"{CollateralPath} is that of the root: see that it names a service that pods reach (--qcnl FILE)"
                : $"{CollateralPath} is not there, so that the collateral library asks at localhost: name a service that pods reach "
                    + "(--qcnl FILE)");
        }

        foreach (var file in RootFrame.Directories(_options).Where(file => !LeadsElsewhere(file.Path)))
        {
            if (!_files.ContainsKey(file.Path))
            {
                _files.Add(file.Path, file);
            }
        }
    }

    // What is made stands where the path leads inside the image: a link of the root that names another place of the machine goes.
    private void AddMade(string path, byte[] content, PackLayer layer, string why) =>
        _files[path] = RootFrame.Made(path, content, layer, why);

    private bool LeadsElsewhere(string path)
    {
        for (var slash = path.LastIndexOf('/'); slash > 0; slash = path.LastIndexOf('/', slash - 1))
        {
            if (_files.TryGetValue(path[..slash], out var above) && above.Kind is not TarEntryKind.Directory)
            {
                return true;
            }
        }

        return _files.Keys.Any(other => other.StartsWith(path + "/", StringComparison.Ordinal)) && path == "/var/run";
    }

    private void Add(PackedFile file)
    {
        // An enclave that a pattern includes as well lies with the enclaves.
        if (!_files.TryGetValue(file.Path, out var present) || file.Layer is PackLayer.Enclave && present.Kind is TarEntryKind.File)
        {
            _files[file.Path] = file;
        }
    }

    private ImmutableSortedDictionary<string, string> Labels(ImmutableArray<PackedEnclave> enclaves, QuoteMode mode, Digest source)
    {
        var labels = _options.Labels.ToBuilder();
        labels[ImageLabels.Tool] = $"casemate {_options.ToolVersion}";
        labels[ImageLabels.Source] = source.Text;
        labels[ImageLabels.Quotes] = ImageLabels.TextOf(mode);
        for (var i = 0; i < enclaves.Length; i++)
        {
            ImageLabels.AddEnclave(labels, i, enclaves[i]);
        }

        return labels.ToImmutable();
    }

    // Intel's quoting enclaves are loaded beside the program's own; each says itself what it takes. Null when one does not, or none is in.
    private ulong? QuotingEpc()
    {
        var total = 0UL;
        foreach (var file in _files.Values.Where(file =>
            file.Layer is PackLayer.SgxRuntime && file.Kind is TarEntryKind.File
                && file.Path.Contains(".signed.so", StringComparison.Ordinal)))
        {
            try
            {
                var report = EnclaveFile.Inspect(_walk.Read(_walk.Resolve(file.Path)!, EnclaveLimits.Default.MaxFileBytes),
                    DateTimeOffset.UnixEpoch);
                if (report.Variants.Any(variant => variant.Epc is null))
                {
                    return null;
                }

                total += report.Variants.Max(variant => variant.Epc!.SuggestedBytes);
            }
            catch (EnclaveException failure)
            {
                _findings.Add($"{Shown.Of(file.Path)} is not an enclave that can be read, so that its memory is not counted: "
                    + $"{failure.Message}");
                return null;
            }
        }

        return total == 0 ? null : total;
    }

    private ContainerConfig Config(QuoteMode mode, ImmutableSortedDictionary<string, string> labels)
    {
        var environment = _options.Environment.ToList();
        if (Variable("PATH") is null)
        {
            environment.Insert(0, "PATH=" + SearchPath);
        }

        // The runtime makes quotes inside of the process unless this is set.
        if (mode is QuoteMode.OutOfProcess && Variable("SGX_AESM_ADDR") is null)
        {
            environment.Add("SGX_AESM_ADDR=1");
        }

        return new ContainerConfig
        {
            User = _options.User,
            WorkingDir = _options.WorkingDirectory,
            Env = environment,
            Entrypoint = _options.Entrypoint.IsEmpty ? [_options.Program, .. _options.Arguments] : _options.Entrypoint,
            Cmd = _options.Entrypoint.IsEmpty ? [] : _options.Arguments,
            Labels = labels,
        };
    }

    private string? Variable(string name) =>
        _options.Environment.LastOrDefault(variable => variable.StartsWith(name + "=", StringComparison.Ordinal))?[(name.Length + 1)..];

    private static Digest SourceDigest(ImmutableArray<PackedFile> files)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (var file in files)
        {
            var line = string.Create(
                CultureInfo.InvariantCulture, $"{(int)file.Kind} {file.Mode} {file.Size} "
                    + $"{file.Sha256}\0{file.Path}\0{file.LinkTarget}\0\n");
            hash.AppendData(Encoding.UTF8.GetBytes(line));
        }

        return Digest.FromSha256(hash.GetHashAndReset());
    }

    private string Distribution()
    {
        var release = _walk.Resolve("/etc/os-release") ?? _walk.Resolve("/usr/lib/os-release");
        if (release is not { Entry: { Kind: RootEntryKind.File, Size: <= MaxReleaseBytes } })
        {
            return "";
        }

        var id = Encoding.UTF8.GetString(_walk.Read(release, MaxReleaseBytes)).Split('\n')
            .FirstOrDefault(line => line.StartsWith("ID=", StringComparison.Ordinal))?[3..].Trim().Trim('"', '\'');
        return id is not null && id.Length is > 0 and <= 32 && id.All(
            c => char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c) || c is '-' or '_' or '.') ? id : "";
    }
}
