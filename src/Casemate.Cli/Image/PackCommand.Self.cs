using System.Buffers.Binary;
using System.Collections.Immutable;
using System.Security.Cryptography;
using Casemate.Cli.Output;
using Casemate.Cli.Commands;
using Casemate.Images.Packing;
using Casemate.Images.Roots;

namespace Casemate.Cli.Image;

internal sealed partial class PackCommand
{
    private const string SelfPath = "/usr/bin/casemate";
    private const long MaxSelfBytes = 512L * 1024 * 1024;

    // What the .NET runtime opens while it runs; nothing names it before. Kerberos is opened for a way of authentication that is not used.
    private static readonly string[] s_runtimeLibraries = ["libssl.so.3", "libcrypto.so.3"];
    private static readonly string[] s_libraryDirectories = ["/usr/lib/x86_64-linux-gnu", "/usr/lib64", "/usr/lib"];

    private PackSource SelfSource(CommandContext context)
    {
        var arguments = context.Arguments;
        if ((arguments.GetValue(_command) ?? []).Length > 0 || arguments.GetValue(_app) is not null)
        {
            throw CliException.Usage("--self packs casemate alone",
                "Leave PROGRAM and --app out. Its arguments are given when a container is started.");
        }

        var path = Path.GetFullPath(arguments.GetValue(_program) ?? Environment.ProcessPath ?? "");
        RequirePublished(path, arguments.GetValue(_program) is not null);
        var below = new DirectoryRoot(arguments.GetValue(_root) ?? "/");
        var root = new ComposedRoot(below).WithFile(SelfPath, new DirectoryRoot("/"), path);
        var walk = new RootWalk(root);
        var libraries = s_runtimeLibraries.Select(name =>
            s_libraryDirectories.Select(directory => $"{directory}/{name}")
                .FirstOrDefault(file => walk.Resolve(file) is { Entry.Kind: RootEntryKind.File })
            ?? throw CliException.BadInput(
                $"{name} is not in the root, and casemate needs it",
                "Install OpenSSL 3 there (Debian: libssl3), or name another root: --root DIR."));
        return new PackSource(root, SelfPath, [])
        {
            Include = [.. libraries, .. (arguments.GetValue(_include) ?? []).Select(Path.GetFullPath)],
            Enclaves = [.. arguments.GetValue(_enclaves) ?? []],
            NeedsCertificates = true,

            // The simulator's platform is kept somewhere, and nobody has no home. Everything else is told where it keeps what.
            Environment = ["CASEMATE_STATE_DIR=/tmp/casemate"],
            Labels = ImmutableSortedDictionary.Create<string, string>(StringComparer.Ordinal)
                .Add("org.opencontainers.image.title", "casemate").Add("org.opencontainers.image.version", VersionCommand.Version),
        };
    }

    // The marker of a single file, and before it the offset of what the file holds: 0 in a program whose parts lie beside it.
    private static void RequirePublished(string path, bool isNamed)
    {
        const string remedy = "Make one with eng/publish, and name it: --program artifacts/publish/casemate.";
        var bytes = InputFile.Read("--program", path, MaxSelfBytes, remedy);
        var marker = bytes.AsSpan().IndexOf(SHA256.HashData(".net core bundle\n"u8));
        if (!bytes.AsSpan().StartsWith("\u007fELF"u8) || marker < sizeof(long)
            || BinaryPrimitives.ReadInt64LittleEndian(bytes.AsSpan(marker - sizeof(long))) <= 0)
        {
            throw CliException.BadInput(
                isNamed ? $"--program: '{path}' is not a casemate that was published as a single file"
                    : "this casemate was not published as a single file", remedy);
        }
    }
}
