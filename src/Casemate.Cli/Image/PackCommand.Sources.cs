using System.Collections.Immutable;
using Casemate.Cli.Commands;
using Casemate.Images.Packing;
using Casemate.Images.Roots;

namespace Casemate.Cli.Image;

internal sealed partial class PackCommand
{
    private const string AppDirectory = "/app";
    private const string ManifestSuffix = ".manifest.sgx";

    private static readonly string[] s_systemDirectories = ["/usr/", "/bin/", "/sbin/", "/lib/", "/lib64/", "/lib32/", "/opt/", "/etc/"];

    private PackSource ProgramSource(CommandContext context)
    {
        var arguments = context.Arguments;
        var command = arguments.GetValue(_command) ?? [];
        if (command.Length == 0 || command[0].Length == 0)
        {
            throw CliException.Usage("no program is named", "Name it at the end: casemate image pack --out oci:image -- ./app. Or pack "
                + "casemate itself: --self.");
        }

        if (arguments.GetValue(_program) is not null)
        {
            throw CliException.Usage("--program goes with --self", "Another program is named at the end, after --.");
        }

        var source = arguments.GetValue(_root) is { } root && Path.GetFullPath(root) != "/"
            ? InRoot(root, command[0], arguments.GetValue(_app)) : OnThisMachine(command[0], arguments.GetValue(_app));
        var place = source.Place;
        ImmutableArray<string> enclaves = [.. (arguments.GetValue(_enclaves) ?? []).Select(enclave => AddEnclave(place, enclave))];
        return new PackSource(place.Root, source.Program, [.. command.Skip(1)])
        {
            WorkingDirectory = place.HasApp || place.IsInApp(source.Program) ? AppDirectory : "/",
            Include = [.. (arguments.GetValue(_include) ?? []).Select(place.Map)],
            Enclaves = enclaves,
        };
    }

    // Paths are paths in that root; nothing of this machine is looked at.
    private static (PackPlace Place, string Program) InRoot(string directory, string program, string? app)
    {
        if (!program.StartsWith('/') || app is not null)
        {
            throw CliException.Usage(
                app is null ? $"with --root the program is a path in that root, and '{program}' is none" : "--app does not go with --root",
                (app is null ? "" : "Paths of the root stay as they are. ")
                    + $"Write it as it is there: casemate image pack --root {directory} --out oci:image -- /usr/bin/NAME.");
        }

        return (new PackPlace(new ComposedRoot(new DirectoryRoot(directory)), null) { IsOfThisMachine = false }, program);
    }

    private static (PackPlace Place, string Program) OnThisMachine(string program, string? app)
    {
        var path = program.Contains('/') || File.Exists(program) ? Path.GetFullPath(program) : InSearchPath(program);
        if (!File.Exists(path))
        {
            throw CliException.BadInput(
                Directory.Exists(path) ? $"the program '{program}' is a directory" : $"there is no program '{program}'",
                "Name the file of a program, as in ./app, or a command that is installed.");
        }

        var machine = new DirectoryRoot("/");
        if (app is null && Array.Exists(s_systemDirectories, system => path.StartsWith(system, StringComparison.Ordinal)))
        {
            return (new PackPlace(new ComposedRoot(machine), null), path);
        }

        var directory = Path.GetFullPath(app ?? Path.GetDirectoryName(path)!).TrimEnd('/');
        if (directory.Length == 0 || !path.StartsWith(directory + "/", StringComparison.Ordinal))
        {
            throw CliException.Usage(
                directory.Length == 0 ? "the root cannot be the application's directory"
                    : $"--app '{app}' does not hold the program '{program}'",
                "Name a directory above the program, in which is all that belongs to it.");
        }

        if (!Directory.Exists(directory))
        {
            throw CliException.BadInput($"--app: '{app}' is not a directory");
        }

        return (
            new PackPlace(new ComposedRoot(machine).WithDirectory(AppDirectory, new DirectoryRoot(directory)), directory),
            AppDirectory + path[directory.Length..]);
    }

    private static string InSearchPath(string name) =>
        new[] { "/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin", "/sbin", "/bin" }.Select(directory => $"{directory}/{name}")
            .FirstOrDefault(File.Exists) ?? Path.GetFullPath(name);

    // An enclave that lies elsewhere comes to the application, so that its place says nothing of the machine.
    private static string AddEnclave(PackPlace place, string enclave)
    {
        if (enclave.Length == 0)
        {
            throw CliException.Usage("--enclave is empty", "Name a signed enclave: --enclave FILE.");
        }

        var mapped = place.Map(enclave);
        if (!place.IsOfThisMachine || place.IsInApp(mapped) || Array.Exists(
            s_systemDirectories, system => mapped.StartsWith(system, StringComparison.Ordinal)))
        {
            return mapped;
        }

        if (!File.Exists(mapped))
        {
            throw CliException.BadInput($"--enclave: there is no file '{enclave}'");
        }

        var target = place.AddFile(mapped);
        if (mapped.EndsWith(ManifestSuffix, StringComparison.Ordinal) && mapped[..^ManifestSuffix.Length] + ".sig" is var signature
            && File.Exists(signature))
        {
            _ = place.AddFile(signature);
        }

        return target;
    }

    /// <summary>Where things are, and where they come to be.</summary>
    /// <param name="root">The root so far.</param>
    /// <param name="app">The application's directory on this machine; null when nothing is mapped.</param>
    private sealed class PackPlace(ComposedRoot root, string? app)
    {
        private readonly DirectoryRoot _machine = new("/");

        public ComposedRoot Root { get; private set; } = root;

        public bool HasApp => app is not null;

        public bool IsOfThisMachine { get; init; } = true;

        public bool IsInApp(string mapped) =>
            (HasApp || !IsOfThisMachine) && mapped.StartsWith(AppDirectory + "/", StringComparison.Ordinal);

        public string Map(string path)
        {
            if (!IsOfThisMachine)
            {
                return path.StartsWith('/') ? path : "/" + path;
            }

            var full = Path.GetFullPath(path);
            return app is null ? full
                : full == app ? AppDirectory
                : full.StartsWith(app + "/", StringComparison.Ordinal) ? AppDirectory + full[app.Length..] : full;
        }

        public string AddFile(string path)
        {
            var target = $"{AppDirectory}/{Path.GetFileName(path)}";
            Root = Root.WithFile(target, _machine, path);
            return target;
        }
    }
}
