using System.Globalization;
using System.Numerics;
using System.Text.RegularExpressions;

namespace Casemate.Images.Gramine;

/// <summary>Checks what a user asks for before anything is read.</summary>
internal static partial class EnclaveImageSettings
{
    private const ulong LeastBytes = 1UL << 20, MostBytes = 1UL << 40;
    private const int LeastThreads = 4, MostThreads = 4096;

    // With these the host chooses code that runs inside.
    private static readonly string[] s_codeVariables =
    [
        "GCONV_PATH", "PATH", "PYTHONPATH", "PYTHONHOME", "PYTHONSTARTUP", "NODE_OPTIONS", "NODE_PATH", "JAVA_TOOL_OPTIONS",
            "_JAVA_OPTIONS", "JDK_JAVA_OPTIONS",
        "CLASSPATH", "PERL5LIB", "PERL5OPT", "RUBYOPT", "RUBYLIB", "BASH_ENV", "ENV", "OPENSSL_CONF", "OPENSSL_MODULES", "OPENSSL_ENGINES",
        "DOTNET_STARTUP_HOOKS", "CORECLR_PROFILER_PATH",
    ];

    /// <summary>Refuses settings that make no sense.</summary>
    /// <exception cref="EnclaveImageException"><see cref="EnclaveImageError.InvalidSetting"/>.</exception>
    public static void Check(EnclaveImageOptions options)
    {
        if (options.EnclaveBytes is < LeastBytes or > MostBytes || !BitOperations.IsPow2(options.EnclaveBytes))
        {
            throw Wrong($"the enclave's size is {options.EnclaveBytes} bytes", "It is a power of two from 1M to 1024G.");
        }

        if (options.Threads is < LeastThreads or > MostThreads)
        {
            throw Wrong($"the enclave has {options.Threads} threads", "Give it 4 to 4096: Gramine itself takes up to three.");
        }

        if (options.AcceptHostArguments && options.ArgumentsInFile)
        {
            throw Wrong("arguments cannot both be fixed in a file and come from the host",
                "Fix them, unless the application checks all of them itself.");
        }

        foreach (var name in options.Passthrough)
        {
            CheckPassthrough(name, options);
        }

        foreach (var path in options.TemporaryMounts.Concat(options.EncryptedMounts.Select(mount => mount.Path)))
        {
            EnclavePath.Require(path, "the mount");
            if (path == "/" || path == "/gramine" || path.StartsWith("/gramine/", StringComparison.Ordinal))
            {
                throw Wrong($"'{path}' cannot be mounted over", "Name a directory of the application.");
            }
        }

        if (options.TemporaryMounts.Concat(options.EncryptedMounts.Select(mount => mount.Path)).GroupBy(path => path)
            .FirstOrDefault(group => group.Count() > 1) is { } twice)
        {
            throw Wrong($"'{Shown.Of(twice.Key)}' is mounted twice");
        }

        foreach (var mount in options.EncryptedMounts)
        {
            if (!KeyForm().IsMatch(mount.KeyName))
            {
                throw Wrong($"'{Shown.Of(mount.KeyName)}' is no name of a key", "Use letters, digits, '_' and '-'.");
            }
        }

        if (options.User is { } user
            && (!UserForm().IsMatch(user) || user.Split(':').Any(id => !int.TryParse(id, CultureInfo.InvariantCulture, out _))))
        {
            throw Wrong($"the user '{Shown.Of(user)}' is not a number", "Write it as UID or UID:GID.");
        }

        if (options.EpochSeconds < 0 || options.EpochSeconds > DateTimeOffset.MaxValue.ToUnixTimeSeconds())
        {
            throw Wrong($"the time {options.EpochSeconds} is out of range", "Give seconds since 1970.");
        }
    }

    /// <summary>Whether a variable of the environment says what code runs.</summary>
    public static bool ChoosesCode(string name) =>
        name.StartsWith("LD_", StringComparison.Ordinal) || s_codeVariables.Contains(name, StringComparer.Ordinal);

    private static void CheckPassthrough(string name, EnclaveImageOptions options)
    {
        if (name.Length == 0 || name.Contains('=') || name.Any(char.IsControl))
        {
            throw Wrong($"'{Shown.Of(name)}' is no name of an environment variable");
        }

        if (ChoosesCode(name))
        {
            throw Wrong(
                $"with {name} the host would choose what code runs in the enclave", "Fix its value in the image: --env NAME=VALUE.");
        }

        if (options.Environment.Any(variable => variable.StartsWith(name + "=", StringComparison.Ordinal)))
        {
            throw Wrong($"{name} cannot both have a value and come from the host");
        }
    }

    private static EnclaveImageException Wrong(string message, string? remedy = null) =>
        new(EnclaveImageError.InvalidSetting, message, remedy);

    [GeneratedRegex(@"^[A-Za-z0-9_-]{1,64}\z", RegexOptions.CultureInvariant)]
    private static partial Regex KeyForm();

    [GeneratedRegex(@"^[0-9]{1,10}(:[0-9]{1,10})?\z", RegexOptions.CultureInvariant)]
    private static partial Regex UserForm();
}
