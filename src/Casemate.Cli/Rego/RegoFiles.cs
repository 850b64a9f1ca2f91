using System.IO.Enumeration;
using Casemate.Cli.Commands;
using Casemate.Cli.Output;
using Casemate.Rego;

namespace Casemate.Cli.Rego;

/// <summary>
/// Modules and base documents from files: <c>*.rego</c> are modules; <c>*.json</c>, <c>*.yaml</c> and <c>*.yml</c> are data, put below
/// <c>data</c> at the path of their folder when a folder was named.
/// </summary>
internal sealed class RegoFiles
{
    private const int MostFiles = 10_000;
    private const long MostBytes = 64 * 1024 * 1024;

    // Hidden files count, and a folder that may not be read is an error, not an empty one: a policy must not lose rules unseen.
    private static readonly EnumerationOptions s_all = new()
    {
        RecurseSubdirectories = true,
        MaxRecursionDepth = 64,
        AttributesToSkip = FileAttributes.None,
        IgnoreInaccessible = false,
    };

    private RegoFiles(List<RegoSource> modules, RegoObject data) => (Modules, Data) = (modules, data);

    /// <summary>The modules, in the order of their names.</summary>
    public IReadOnlyList<RegoSource> Modules { get; }

    /// <summary>The base document.</summary>
    public RegoObject Data { get; }

    /// <summary>Reads files and folders.</summary>
    /// <param name="option">What named them on the command line; null for arguments.</param>
    /// <param name="paths">The files and folders.</param>
    /// <param name="withData">Whether base documents are read too.</param>
    /// <exception cref="CliException">Something cannot be read or is malformed.</exception>
    public static RegoFiles Read(string? option, IEnumerable<string> paths, bool withData = true)
    {
        var (modules, data) = (new List<RegoSource>(), RegoObject.Create([]));
        foreach (var path in paths)
        {
            foreach (var file in FilesOf(path))
            {
                var extension = Path.GetExtension(file);
                if (extension == ".rego")
                {
                    modules.Add(new RegoSource(file, Text(option, file)));
                }
                else if (withData && extension is ".json" or ".yaml" or ".yml")
                {
                    data = Merge(data, Placed(Document(option, file), path, file), file, "data");
                }
                else if (file == path)
                {
                    _ = InputFile.Read(option, file, MostBytes);           // says so where it is missing
                    throw CliException.BadInput(
                        $"'{path}' is not a file of this command by its name", "Modules end in .rego, documents in .json, .yaml or .yml.");
                }
            }
        }

        return new RegoFiles(modules, data);
    }

    /// <summary>Reads one document, JSON or YAML by its name; <c>-</c> is standard input, in JSON.</summary>
    public static RegoValue Document(CommandContext context, string option, string path)
    {
        if (path != "-")
        {
            return Document(option, path);
        }

        return RegoValue.TryReadJson(InputFile.ReadOrStandardInput(context, option, path, MostBytes), out var value, out var error) ? value
            : throw CliException.BadInput($"standard input is not JSON: {error}");
    }

    /// <summary>The text of a file.</summary>
    public static string Text(string? option, string path) => InputFile.ReadText(option, path, MostBytes);

    /// <summary>
    /// A file itself, or all files of a folder in the order of their names; without what lies in folders that begin with a dot or are links,
    /// where mounted ConfigMaps keep each file once more.
    /// </summary>
    public static IEnumerable<string> FilesOf(string path)
    {
        if (!Directory.Exists(path))
        {
            return [path];
        }

        var all = new FileSystemEnumerable<string>(path, static (ref FileSystemEntry entry) => entry.ToSpecifiedFullPath(), s_all)
        {
            ShouldIncludePredicate = static (ref FileSystemEntry entry) => !entry.IsDirectory,
            ShouldRecursePredicate = static (ref FileSystemEntry entry) =>
                !entry.FileName.StartsWith('.') && !entry.Attributes.HasFlag(FileAttributes.ReparsePoint),
        };
        var files = all.Take(MostFiles + 1).Order(StringComparer.Ordinal).ToList();
        return files.Count <= MostFiles ? files : throw CliException.BadInput($"'{path}' has more than {MostFiles} files");
    }

    private static RegoValue Document(string? option, string path)
    {
        if (Path.GetExtension(path) is ".yaml" or ".yml")
        {
            return RegoValue.TryReadYaml(Text(option, path), out var yaml, out var problem) ? yaml
                : throw CliException.BadInput($"'{path}' is not YAML that is accepted: {problem}");
        }

        return RegoValue.TryReadJson(InputFile.Read(option, path, MostBytes), out var value, out var error) ? value
            : throw CliException.BadInput($"'{path}' is not JSON: {error}");
    }

    // A document in a folder of a folder stands at that folder's name.
    private static RegoObject Placed(RegoValue document, string root, string file)
    {
        var folders = file == root ? "." : Path.GetRelativePath(root, Path.GetDirectoryName(file)!);
        foreach (var folder in folders == "." ? [] : folders.Split(Path.DirectorySeparatorChar).Reverse())
        {
            document = RegoObject.Create([KeyValuePair.Create<RegoValue, RegoValue>(RegoValue.From(folder), document)]);
        }

        return document as RegoObject ?? throw CliException.BadInput($"'{file}' holds {document.TypeName}; data are an object");
    }

    private static RegoObject Merge(RegoObject into, RegoObject more, string file, string place)
    {
        var members = new Dictionary<RegoValue, RegoValue>(into);
        foreach (var (key, value) in more)
        {
            var here = $"{place}.{(key as RegoString)?.Value ?? key.ToString()}";
            members[key] = !members.TryGetValue(key, out var before) ? value
                : before is RegoObject a && value is RegoObject b ? Merge(a, b, file, here)
                : before.Equals(value) ? value
                : throw CliException.BadInput($"'{file}' gives {here} another value than a file before it");
        }

        return RegoObject.Create(members);
    }
}
