using System.Collections.Immutable;
using System.Text;
using System.Text.RegularExpressions;
using Casemate.Images.Packages;
using Casemate.Images.Roots;

namespace Casemate.Images.Gramine;

/// <summary>
/// Gramine's own files, found in a directory or an image. Layout as its build installs it below <c>lib/x86_64-linux-gnu/gramine</c>:
/// <c>libsysdb.so</c>, <c>sgx/loader</c>, <c>sgx/libpal.so</c>, <c>direct/…</c>, and the C libraries in <c>runtime/{glibc,musl}</c>.
/// </summary>
public sealed partial class GramineRuntime
{
    /// <summary>Where the files are in a converted image.</summary>
    public const string Place = "/gramine/lib";

    private const int MaxFiles = 4096;
    private const int MaxDepth = 16;
    private const int MaxScriptBytes = 64 * 1024;

    private static readonly string[] s_places =
    [
        "/usr/lib/x86_64-linux-gnu/gramine", "/usr/lib64/gramine", "/usr/lib/gramine", "/usr/local/lib/x86_64-linux-gnu/gramine",
        "/usr/local/lib64/gramine", "/usr/local/lib/gramine", "/gramine/meson_build_output/lib/x86_64-linux-gnu/gramine",
        "/gramine/meson_build_output/lib64/gramine", "/lib/x86_64-linux-gnu/gramine", "/lib64/gramine", Place, "",
    ];

    private static readonly string[] s_launchers = ["/bin/gramine-sgx", "/../../../bin/gramine-sgx", "/../../bin/gramine-sgx"];

    private GramineRuntime(RootWalk walk, string directory, ImmutableSortedDictionary<string, RootLocation> files, string? release) =>
        (Walk, Directory, Files, Release) = (walk, directory, files, release);

    /// <summary>The root in which it was found.</summary>
    public RootWalk Walk { get; }

    /// <summary>The directory in that root; empty for the root itself.</summary>
    public string Directory { get; }

    /// <summary>The files by their path below <see cref="Directory"/>, such as <c>sgx/libpal.so</c>.</summary>
    public ImmutableSortedDictionary<string, RootLocation> Files { get; }

    /// <summary>The release, such as <c>1.8</c>, as its package or launcher says; null where neither does.</summary>
    public string? Release { get; }

    /// <summary>True when the files to run without an enclave are there.</summary>
    public bool HasDirect => Files.ContainsKey("direct/loader") && Files.ContainsKey("direct/libpal.so");

    /// <summary>Finds Gramine in a root.</summary>
    /// <param name="root">A root with an installation, or the directory of the installation itself.</param>
    /// <exception cref="EnclaveImageException"><see cref="EnclaveImageError.RuntimeIncomplete"/>: it is not there, or files are
    /// missing.</exception>
    /// <exception cref="Oci.OciException">The root cannot be read.</exception>
    public static GramineRuntime Find(IRootFileSystem root)
    {
        var walk = new RootWalk(root);
        var directory = Array.Find(s_places, place => IsFile(walk, place + "/libsysdb.so"))
            ?? throw new EnclaveImageException(
                EnclaveImageError.RuntimeIncomplete, "Gramine is not there: no libsysdb.so in any place where its packages put it",
                "Name the directory that holds libsysdb.so, sgx and runtime, or an image in which Gramine is installed.");
        var files = ImmutableSortedDictionary.CreateBuilder<string, RootLocation>(StringComparer.Ordinal);
        files["libsysdb.so"] = walk.Resolve(directory + "/libsysdb.so")!;
        foreach (var part in (ReadOnlySpan<string>)["sgx", "direct", "runtime"])
        {
            Collect(walk, directory, part, files, 0);
        }

        foreach (var needed in (ReadOnlySpan<string>)["sgx/loader", "sgx/libpal.so"])
        {
            if (!files.ContainsKey(needed))
            {
                throw new EnclaveImageException(
                    EnclaveImageError.RuntimeIncomplete, $"{Shown.Of(directory)}/{needed} is missing",
                        "Take a Gramine that was built for SGX.");
            }
        }

        return new GramineRuntime(walk, directory, files.ToImmutable(), FindRelease(walk, directory));
    }

    /// <summary>The directory with the C library for programs of a loader, below <see cref="Directory"/>; null when it has none.</summary>
    /// <param name="isMusl">True for musl, false for the GNU C Library.</param>
    public string? LibraryDirectory(bool isMusl) => isMusl
        ? (Files.ContainsKey("runtime/musl/libc.so") ? "runtime/musl" : null)
        : Files.ContainsKey("runtime/glibc/libc.so.6") ? "runtime/glibc" : Files.ContainsKey("runtime/libc.so.6") ? "runtime" : null;

    /// <summary>A release as it is known by: the version of a package without the packager's part. Null when it is none.</summary>
    internal static string? ReleaseOf(string version) =>
        ReleaseForm().Match(version) is { Success: true } match ? match.Groups[1].Value : null;

    private static void Collect(
        RootWalk walk, string directory, string below, ImmutableSortedDictionary<string, RootLocation>.Builder files, int depth)
    {
        if (depth > MaxDepth || walk.Resolve($"{directory}/{below}") is not { } location)
        {
            return;
        }

        if (location.Entry.Kind is RootEntryKind.Directory)
        {
            foreach (var name in walk.Root.List(location.Path))
            {
                // What the debugger takes is no part of a running Gramine.
                if (name is not ("gdb_integration" or "__pycache__"))
                {
                    TrustedFileSet.RequireUsable($"{directory}/{below}/{name}");
                    Collect(walk, directory, $"{below}/{name}", files, depth + 1);
                }
            }
        }
        else if (location.Entry.Kind is RootEntryKind.File && !below.EndsWith(".a", StringComparison.Ordinal)
            && !below.EndsWith(".o", StringComparison.Ordinal))
        {
            files[below] = location;
            if (files.Count > MaxFiles)
            {
                throw new EnclaveImageException(
                    EnclaveImageError.LimitExceeded, $"Gramine's directory {Shown.Of(directory)} has more than {MaxFiles} files");
            }
        }
    }

    private static string? FindRelease(RootWalk walk, string directory)
    {
        var library = walk.Resolve(directory + "/libsysdb.so")!.Path;
        if (new PackageDatabase(walk).Find([library]).GetValueOrDefault(library) is { Version.Length: > 0 } package)
        {
            return ReleaseOf(package.Version);
        }

        foreach (var launcher in s_launchers)
        {
            var path = launcher.StartsWith("/..", StringComparison.Ordinal) ? directory + launcher : launcher;
            if (IsFile(walk, path) && walk.Resolve(path) is { } script
                && LauncherVersion().Match(Encoding.UTF8.GetString(walk.ReadStart(script, MaxScriptBytes))) is { Success: true } match)
            {
                return ReleaseOf(match.Groups[1].Value);
            }
        }

        return null;
    }

    private static bool IsFile(RootWalk walk, string path) => walk.Resolve(path) is { Entry.Kind: RootEntryKind.File };

    [GeneratedRegex(
        @"^(?:[0-9]+:)?([0-9]{1,3}\.[0-9]{1,3}(?:\.[1-9][0-9]{0,2})?)(?:\.0)?(?:[-+~][0-9A-Za-z.+~-]*)?\z", RegexOptions.CultureInvariant)]
    private static partial Regex ReleaseForm();

    [GeneratedRegex(@"^VERSION=[""']?([0-9][0-9A-Za-z.+~-]{0,40})", RegexOptions.CultureInvariant | RegexOptions.Multiline)]
    private static partial Regex LauncherVersion();
}
