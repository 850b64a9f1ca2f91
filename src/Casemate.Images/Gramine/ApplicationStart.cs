using System.Collections.Immutable;
using Casemate.Images.Roots;
using Casemate.Oci.Documents;

namespace Casemate.Images.Gramine;

/// <summary>How an image's application is started: what its configuration says, made explicit.</summary>
internal sealed record ApplicationStart
{
    private const string DefaultPath = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
    private const int MaxArguments = 1024;
    private const int MaxVariables = 1024;
    private const UnixFileMode Executable = UnixFileMode.UserExecute | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute;

    /// <summary>The program's path, as it is called.</summary>
    public required string Program { get; init; }

    /// <summary>All arguments, the program's name first.</summary>
    public required ImmutableArray<string> Arguments { get; init; }

    /// <summary>The environment, each name once.</summary>
    public required ImmutableSortedDictionary<string, string> Environment { get; init; }

    /// <summary>The directory to start in.</summary>
    public required string Directory { get; init; }

    /// <summary>Reads a configuration.</summary>
    /// <exception cref="EnclaveImageException">Nothing says what to run, or the program is not there.</exception>
    public static ApplicationStart Of(ContainerConfig config, EnclaveImageOptions options, RootWalk walk)
    {
        var arguments = config.Entrypoint.Concat(options.Arguments is { } given ? given : config.Cmd).ToImmutableArray();
        if (arguments.Length == 0 || arguments[0].Length == 0)
        {
            throw new EnclaveImageException(
                EnclaveImageError.NoCommand, "the image has neither entrypoint nor command, so nothing says what is to run in the enclave",
                "Name the command: --arg PROGRAM --arg ARGUMENT …");
        }

        if (arguments.Length > MaxArguments || arguments.Any(argument => argument.Contains('\0')))
        {
            throw Wrong($"the command has more than {MaxArguments} arguments, or a zero in one");
        }

        var environment = Variables(config.Env.Concat(options.Environment));
        var directory = string.IsNullOrEmpty(config.WorkingDir) ? "/" : config.WorkingDir;
        EnclavePath.Require(directory, "the image's working directory");
        return new ApplicationStart
        {
            Program = FindProgram(arguments[0], environment["PATH"], directory, walk),
            Arguments = arguments,
            Environment = environment,
            Directory = directory,
        };
    }

    private static ImmutableSortedDictionary<string, string> Variables(IEnumerable<string> variables)
    {
        var environment = ImmutableSortedDictionary.CreateBuilder<string, string>(StringComparer.Ordinal);
        environment["PATH"] = DefaultPath;
        foreach (var variable in variables)
        {
            var equals = variable.IndexOf('=');
            if (equals <= 0 || variable.Contains('\0'))
            {
                throw Wrong($"the environment variable '{Shown.Of(variable)}' has no name and value", "Write it as NAME=VALUE.");
            }

            environment[variable[..equals]] = variable[(equals + 1)..];
        }

        return environment.Count <= MaxVariables ? environment.ToImmutable()
            : throw Wrong($"the environment has more than {MaxVariables} variables");
    }

    private static string FindProgram(string name, string searchPath, string directory, RootWalk walk)
    {
        var candidates = name.StartsWith('/') ? [name]
            : name.Contains('/') ? [EnclavePath.Join(directory, name)]
            : searchPath.Split(':')
                .Select(place => EnclavePath.Join(place.StartsWith('/') ? place : EnclavePath.Join(directory, place), name));
        foreach (var candidate in candidates)
        {
            if (walk.Resolve(candidate) is { Entry.Kind: RootEntryKind.File } location && (location.Entry.Mode & Executable) != 0)
            {
                return candidate;
            }
        }

        throw new EnclaveImageException(
            EnclaveImageError.Incomplete, $"the program '{Shown.Of(name)}' is no executable file of the image",
            name.Contains('/') ? null : $"Its PATH is {Shown.Of(searchPath)}.");
    }

    private static EnclaveImageException Wrong(string message, string? remedy = null) =>
        new(EnclaveImageError.InvalidSetting, message, remedy);
}
