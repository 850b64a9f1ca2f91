using Casemate.Node.Discovery;

namespace Casemate.Node.Machines;

/// <summary>
/// A machine that is described by a directory: <c>machine.txt</c> (its title), <c>cpuid.txt</c> (as <c>cpuid -1 -r</c> prints it),
/// <c>dev.txt</c> (see <see cref="DescribedDevices"/>), and the files of <c>sys/</c>, <c>proc/</c> and <c>boot/</c>. Always simulated.
/// </summary>
/// <param name="Name">Its name: the directory's.</param>
/// <param name="Title">What it is, in a sentence; the name when it has no title.</param>
/// <param name="Sources">What a scan looks at.</param>
public sealed record DescribedMachine(string Name, string Title, NodeSources Sources)
{
    private static readonly string[] s_parts = ["machine.txt", "cpuid.txt", "dev.txt", "sys", "proc", "boot"];

    private const int TitleLimit = 1024;
    private const int ProcessorLimit = 256 * 1024;
    private const int DevicesLimit = 1024 * 1024;

    /// <summary>The machines that the program carries with it, in ordinal order.</summary>
    public static ValueList<string> Names => [.. EmbeddedMachine.Names];

    /// <summary>Loads a machine of <see cref="Names"/> (case and the prefix <c>Standard_</c> do not matter), or from a directory.</summary>
    /// <param name="nameOrDirectory">A name; or a path, which has a slash in it.</param>
    /// <param name="machine">The machine; null after an error.</param>
    /// <param name="error">What is wrong: one sentence without a full stop; empty after success.</param>
    public static bool TryLoad(string nameOrDirectory, out DescribedMachine? machine, out string error)
    {
        ArgumentNullException.ThrowIfNull(nameOrDirectory);
        machine = null;
        if (nameOrDirectory.Contains('/', StringComparison.Ordinal))
        {
            var directory = Path.TrimEndingDirectorySeparator(Path.GetFullPath(nameOrDirectory));
            if (!Directory.Exists(directory))
            {
                error = $"{nameOrDirectory}: no such directory";
                return false;
            }

            if (!s_parts.Any(part => Path.Exists(Path.Combine(directory, part))))
            {
                error = $"{nameOrDirectory}: describes no machine, none of {string.Join(", ", s_parts)} is in it";
                return false;
            }

            return TryRead(Path.GetFileName(directory), new MachineDirectory(directory), out machine, out error);
        }

        const string prefix = "Standard_";
        var hasPrefix = nameOrDirectory.StartsWith(prefix, StringComparison.OrdinalIgnoreCase);
        var wanted = hasPrefix ? nameOrDirectory[prefix.Length..] : nameOrDirectory;
        if (Names.FirstOrDefault(name => name.Equals(wanted, StringComparison.OrdinalIgnoreCase)) is { } known)
        {
            return TryRead(known, new EmbeddedMachine(known), out machine, out error);
        }

        error = $"no machine is named '{nameOrDirectory}'";
        return false;
    }

    private static bool TryRead(string name, IMachineFiles files, out DescribedMachine? machine, out string error)
    {
        machine = null;
        if (!TryText(files, "cpuid.txt", ProcessorLimit, out var cpuidText, out error)
            || !TryText(files, "dev.txt", DevicesLimit, out var devicesText, out error)
            || !TryText(files, "machine.txt", TitleLimit, out var title, out error)
            || !DescribedCpuid.TryRead(cpuidText, out var cpuid, out error)
            || !DescribedDevices.TryRead(devicesText, out var devices, out error))
        {
            error = $"machine '{name}': {error}";
            return false;
        }

        var told = Harmless(title.Trim().Split('\n')[0].Trim());
        var sources = new NodeSources(Harmless(name), Simulated: true, files, devices!, cpuid!);
        machine = new DescribedMachine(sources.Machine, told.Length > 0 ? told : sources.Machine, sources);
        return true;
    }

    private static string Harmless(string text) => string.Create(text.Length, text, (to, from) =>
    {
        for (var i = 0; i < to.Length; i++)
        {
            to[i] = char.IsControl(from[i]) ? '?' : from[i];
        }
    });

    // A file that is not there describes nothing: no processor that counts, no devices.
    private static bool TryText(IMachineFiles files, string name, int limit, out string text, out string error)
    {
        var file = files.ReadDescription(name, limit);
        text = "";
        error = file.State is SystemFileState.Unreadable ? $"{name} cannot be read: {file.Problem}"
            : file.Cut ? $"{name} is longer than {limit} bytes"
            : "";
        if (error.Length > 0)
        {
            return false;
        }

        text = System.Text.Encoding.UTF8.GetString(file.Content.Span);
        return true;
    }
}
