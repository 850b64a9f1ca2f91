using System.Collections.Immutable;
using System.Text;
using System.Text.Json.Nodes;
using Casemate.Images.Closure;
using Casemate.Images.Packing;
using Casemate.Images.Roots;
using Casemate.Measurement.Enclave;
using Casemate.Oci;
using Casemate.Oci.Files;
using Casemate.Oci.Layers;
using Casemate.Primitives.Toml;

namespace Casemate.Images.Gramine;

/// <summary>
/// Turns an ordinary image into a Gramine-based one, up to the signature: manifest with the hash of every file that the enclave may read,
/// Gramine's files, configuration. Nothing is executed, and nothing of the machine that does this enters the result.
/// </summary>
public sealed partial class EnclaveImagePlanner
{
    private const string Reserved = "/gramine";
    private const int MaxLibpalBytes = 256 * 1024 * 1024;
    private const string DefaultUser = "65532:65532";

    private readonly Image _source;
    private readonly GramineRuntime _runtime;
    private readonly EnclaveImageOptions _options;
    private readonly RootWalk _walk;
    private readonly List<string> _notes = [];
    private readonly SortedDictionary<string, RootLocation> _hostFiles = new(StringComparer.Ordinal);

    private EnclaveImagePlanner(Image source, ImageFileSystem files, GramineRuntime runtime, EnclaveImageOptions options)
    {
        (_source, _runtime, _options) = (source, runtime, options);
        _walk = new RootWalk(Compose(new ImageRoot(files)));
    }

    /// <summary>Plans the image.</summary>
    /// <param name="source">The image of the application.</param>
    /// <param name="files">Its files, with contents; open until the image is written.</param>
    /// <param name="runtime">Gramine; its root is open as long.</param>
    /// <param name="options">What the enclave is to be.</param>
    /// <exception cref="EnclaveImageException">It cannot be done; the message says why.</exception>
    /// <exception cref="OciException">A file cannot be read, or a limit is exceeded.</exception>
    public static EnclaveImagePlan Plan(Image source, ImageFileSystem files, GramineRuntime runtime, EnclaveImageOptions options)
    {
        ArgumentNullException.ThrowIfNull(source);
        ArgumentNullException.ThrowIfNull(files);
        ArgumentNullException.ThrowIfNull(runtime);
        ArgumentNullException.ThrowIfNull(options);
        EnclaveImageSettings.Check(options);
        RequireSuitable(source, files);
        return new EnclaveImagePlanner(source, files, runtime, options).Plan();
    }

    private static void RequireSuitable(Image source, ImageFileSystem files)
    {
        if (source.Config.Platform is not { Os: "linux", Architecture: "amd64" })
        {
            throw new EnclaveImageException(
                EnclaveImageError.UnsuitableImage, $"the image is for {source.Config.Platform}, and SGX is of linux/amd64",
                    "Choose the image for that platform.");
        }

        if (files.Find(Reserved, followLast: false) is not null)
        {
            throw new EnclaveImageException(
                EnclaveImageError.UnsuitableImage, $"the image has {Reserved} already, where Gramine is put",
                    "Convert the application's own image, not one that was converted.");
        }
    }

    private EnclaveImagePlan Plan()
    {
        var container = _source.Config.Config;
        var start = ApplicationStart.Of(container, _options, _walk);
        var release = _options.Release ?? _runtime.Release;
        var libraryPath = LibraryPath(start);
        var trusted = TrustedFiles(start, libraryPath);
        var overlay = _options.Overlay is { } text ? ManifestOverlay.Read(text) : [];
        TakeTrustedFiles(overlay, trusted);
        var libos = trusted.HashOf(GramineRuntime.Place + "/libsysdb.so")!;
        var manifest = GramineManifestBuilder.Build(start, _options, libraryPath, release, libos);
        var conflicts = ManifestOverlay.Merge(manifest, overlay).ToList();
        TakeArguments(manifest, overlay, conflicts);

        AddHostLibraries();
        var names = trusted.ToNames();
        var argv = Encoding.UTF8.GetBytes(string.Concat(start.Arguments.Select(argument => argument + "\0")));
        if (_options is { ArgumentsInFile: true, AcceptHostArguments: false })
        {
            names = names.SetItem(
                GramineManifestBuilder.ArgumentFile, Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(argv)));
        }

        manifest["sgx"]!.AsObject()["trusted_files"] = GramineManifestBuilder.TrustedFiles(names);
        var bytes = Write(manifest);
        RequireSecure(bytes, manifest);
        foreach (var name in trusted.LeftOut)
        {
            _notes.Add($"{Shown.Of(name)} is not trusted: every container gets its own. Gramine can make it: "
                + "sys.enable_extra_runtime_domain_names_conf.");
        }

        _notes.Add(release is null
            ? "Nothing says which release of Gramine it is: name it, or the enclave cannot be measured."
            : $"Gramine {Shown.Of(release)}; it starts with /dev/sgx_enclave"
                + (_options.Attests ? ", and makes quotes with the socket of aesmd in /var/run/aesmd." : "."));
        var config = Config(container, start);
        return new EnclaveImagePlan(
            _source, _options, new GramineInput(bytes) { Libpal = Libpal(), Release = release }, names, [.. conflicts], [.. _notes])
        {
            IsDirectPossible = _runtime.HasDirect,
            RuntimeFiles = RuntimeFiles(),
            ApplicationFiles = ApplicationFiles(bytes, argv),
            Config = config,
            Labels = Labels(release),
        };
    }

    // The application's root as it will be: its own files, and Gramine's in their place.
    private ComposedRoot Compose(IRootFileSystem image)
    {
        var root = new ComposedRoot(image);
        foreach (var (name, location) in _runtime.Files)
        {
            root = root.WithFile($"{GramineRuntime.Place}/{name}", _runtime.Walk.Root, location.Path);
        }

        return root;
    }

    private string LibraryPath(ApplicationStart start)
    {
        var isMusl = _walk.Resolve("/lib64/ld-linux-x86-64.so.2") is null && _walk.Resolve("/lib/ld-musl-x86_64.so.1") is not null;
        var own = _runtime.LibraryDirectory(isMusl) ?? throw new EnclaveImageException(
            EnclaveImageError.RuntimeIncomplete,
            $"this Gramine has no C library for programs of {(isMusl ? "musl" : "the GNU C Library")}",
            "Take a Gramine that was built with it.");
        var directories = new List<string> { $"{GramineRuntime.Place}/{own}" };
        directories.AddRange(
            (start.Environment.GetValueOrDefault("LD_LIBRARY_PATH") ?? "").Split(':').Where(directory => directory.StartsWith('/')));
        directories.AddRange(LoaderConfiguration.Directories(_walk));
        directories.AddRange(((ReadOnlySpan<string>)["/lib/x86_64-linux-gnu", "/usr/lib/x86_64-linux-gnu", "/lib64", "/usr/lib64", "/lib",
            "/usr/lib"]).ToArray()
            .Where(directory => _walk.Resolve(directory) is { Entry.Kind: RootEntryKind.Directory }));
        foreach (var directory in directories)
        {
            EnclavePath.Require(directory.Length > 1 ? directory.TrimEnd('/') : directory, "the directory of libraries");
        }

        return string.Join(':', directories.Distinct(StringComparer.Ordinal));
    }

    private TrustedFileSet TrustedFiles(ApplicationStart start, string libraryPath)
    {
        var closure = ClosureResolver.Resolve(_walk.Root, new ClosureOptions
        {
            Programs = [start.Program],
            LibraryPath = libraryPath,
            CommandPath = start.Environment["PATH"],
            WorkingDirectory = start.Directory,
            AllowMissing = _options.AllowMissing,
            Quotes = QuoteMode.None,
            Packages = false,
        });
        RequireComplete(closure, EnclaveImageError.Incomplete, $"the program {Shown.Of(start.Program)} would not start",
            "Give the image what is missing, or say that it may be: --allow-missing NAME.");
        var trusted = new TrustedFileSet(_walk);
        trusted.Add(closure);
        trusted.Add(start.Program);
        trusted.Add(GramineRuntime.Place + "/libsysdb.so");
        foreach (var name in _runtime.Files.Keys.Where(name => name.StartsWith("runtime/", StringComparison.Ordinal)))
        {
            // Of several C libraries the one in use.
            if (libraryPath.StartsWith($"{GramineRuntime.Place}/{name[..name.LastIndexOf('/')]}", StringComparison.Ordinal))
            {
                trusted.Add($"{GramineRuntime.Place}/{name}");
            }
        }

        if (_options.TrustedFiles is TrustedFileMode.Full)
        {
            trusted.AddAll();
        }

        foreach (var pattern in _options.Trust)
        {
            if (!pattern.StartsWith('/') || !trusted.AddPattern(pattern.Length > 1 ? pattern.TrimEnd('/') : pattern))
            {
                throw new EnclaveImageException(
                    EnclaveImageError.Incomplete, $"nothing in the image matches {Shown.Of(pattern)}, which is to be trusted",
                        "Write it as a path from the root.");
            }
        }

        return trusted;
    }

    private static byte[] Write(JsonObject manifest)
    {
        string text;
        try
        {
            text = TomlWriter.Write(manifest);
        }
        catch (ArgumentException problem)
        {
            throw Overlay($"the manifest cannot be written: {problem.Message}");
        }

        var bytes = Encoding.UTF8.GetBytes(text);
        return bytes.Length <= GramineManifest.MaxBytes ? bytes : throw new EnclaveImageException(
            EnclaveImageError.LimitExceeded, $"the manifest has {bytes.Length} bytes, and {GramineManifest.MaxBytes} is the limit",
                "Trust fewer files: --trusted-files minimal.");
    }

    private static IEnumerable<string> HostChoices(JsonObject manifest)
    {
        if (manifest["loader"] is not JsonObject loader)
        {
            yield break;
        }

        if (loader["log_level"] is { } level && Text(level) is not ("error" or "none"))
        {
            yield return "loader.log_level";
        }

        foreach (var (name, value) in loader["env"] as JsonObject ?? [])
        {
            if (value is JsonObject variable && variable.ContainsKey("passthrough") && EnclaveImageSettings.ChoosesCode(name))
            {
                yield return $"loader.env.{Shown.Of(name)}";
            }
        }
    }

    private void RequireSecure(byte[] bytes, JsonObject merged)
    {
        if (!GramineManifest.TryRead(bytes, out var manifest, out var error))
        {
            throw Overlay($"with the overlay {error}");
        }

        var settings = manifest!.InsecureSettings.Concat(HostChoices(merged)).ToList();
        var insecure = settings.Where(setting => !_options.AcceptHostArguments || setting != "loader.insecure__use_cmdline_argv").ToList();
        if (manifest.IsDebug && !_options.MakeDebugEnclave)
        {
            insecure.Add("sgx.debug");
        }

        if (insecure.Count > 0 && !_options.AllowInsecureManifest)
        {
            throw new EnclaveImageException(
                EnclaveImageError.InsecureManifest,
                $"the overlay leaves to the host what no measurement shows: {string.Join(", ", insecure)}",
                "Trust files by their hashes and fix arguments and environment; for experiments, --allow-insecure-manifest.");
        }

        foreach (var setting in settings)
        {
            _notes.Add($"INSECURE: {setting} leaves to the host what no measurement shows.");
        }

        if (manifest.IsDebug)
        {
            _notes.Add("INSECURE: it is a debug enclave, whose memory the host reads.");
        }
    }

    private static void RequireComplete(ClosureResult closure, EnclaveImageError error, string message, string remedy)
    {
        if (!closure.IsComplete)
        {
            ImmutableArray<string> findings =
                [.. closure.Findings.Where(finding => finding.Severity is ClosureSeverity.Error).Select(finding => finding.Message)];
            throw new EnclaveImageException(error, $"{message}: {findings[0]}", remedy) { Findings = findings };
        }
    }

    private ReadOnlyMemory<byte> Libpal() => _runtime.Walk.Read(_runtime.Files["sgx/libpal.so"], MaxLibpalBytes);

    private List<LayerFile> RuntimeFiles()
    {
        var files = _runtime.Files.Select(file =>
            LayerFile.File($"{GramineRuntime.Place}/{file.Key}", Content(file.Value), Mode(file.Value))).ToList();
        files.AddRange(_hostFiles.Select(file => LayerFile.File(file.Key, Content(file.Value), Mode(file.Value))));
        return files;

        static int Mode(RootLocation location) => (location.Entry.Mode & UnixFileMode.UserExecute) != 0 ? 0x1ED : 0x1A4;
    }

    private ContentSource Content(RootLocation location) =>
        new(location.Entry.Size, _ => Task.FromResult(_runtime.Walk.Root.Open(location.Path)));

    private List<LayerFile> ApplicationFiles(byte[] manifest, byte[] argv)
    {
        var files = new List<LayerFile> { LayerFile.File(EnclaveImagePlan.ManifestPath, ContentSource.FromBytes(manifest)) };
        if (_runtime.HasDirect)
        {
            files.Add(LayerFile.File(GramineManifestBuilder.Place + "/app.manifest", ContentSource.FromBytes(manifest)));
        }

        if (_options is { ArgumentsInFile: true, AcceptHostArguments: false })
        {
            files.Add(LayerFile.File(GramineManifestBuilder.ArgumentFile, ContentSource.FromBytes(argv)));
        }

        return files;
    }
}
