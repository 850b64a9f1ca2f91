using System.Globalization;
using System.Text.RegularExpressions;

namespace Casemate.Images.Packing;

/// <summary>Checks what a user asks for before anything is read.</summary>
internal static partial class PackSettings
{
    private const uint MaxId = int.MaxValue;

    /// <summary>Refuses settings that make no sense.</summary>
    /// <exception cref="PackException"><see cref="PackError.InvalidSetting"/>.</exception>
    public static void Check(PackOptions options)
    {
        foreach (var variable in options.Environment)
        {
            if (variable.IndexOf('=') is <= 0 || variable.Contains('\0'))
            {
                throw Wrong($"the environment variable '{Shown.Of(variable)}' has no name and value", "Write it as NAME=VALUE.");
            }
        }

        if (!options.WorkingDirectory.StartsWith('/') || options.WorkingDirectory.Split('/').Any(part => part is "." or "..")
            || (options.WorkingDirectory != "/" && (options.WorkingDirectory.EndsWith('/')
                || options.WorkingDirectory.Contains("//", StringComparison.Ordinal))))
        {
            throw Wrong($"the working directory '{Shown.Of(options.WorkingDirectory)}' is not a path from the root",
                "Write it as /DIRECTORY, without a slash at its end.");
        }

        if (!UserForm().IsMatch(options.User) || options.User.Split(':')
            .Any(id => !uint.TryParse(id, CultureInfo.InvariantCulture, out var number) || number > MaxId))
        {
            throw Wrong(
                $"the user '{Shown.Of(options.User)}' is not a number",
                "Write it as UID or UID:GID. Kubernetes can tell that a number is not root, and of a name it cannot.");
        }

        foreach (var (name, value) in options.Labels)
        {
            if (name.StartsWith(ImageLabels.Prefix, StringComparison.Ordinal))
            {
                throw Wrong($"the label '{Shown.Of(name)}' is one of those that are computed",
                    $"Labels that begin with {ImageLabels.Prefix} say what the image holds.");
            }

            if (name.Length == 0 || name.Concat(value).Any(char.IsControl))
            {
                throw Wrong($"the label '{Shown.Of(name)}' has no name, or characters that do not print");
            }
        }

        if (options.EpochSeconds < 0 || options.EpochSeconds > DateTimeOffset.MaxValue.ToUnixTimeSeconds())
        {
            throw Wrong($"the time {options.EpochSeconds} is out of range", "Give seconds since 1970.");
        }
    }

    private static PackException Wrong(string message, string? remedy = null) => new(PackError.InvalidSetting, message, remedy);

    [GeneratedRegex(@"^[0-9]{1,10}(:[0-9]{1,10})?\z", RegexOptions.CultureInvariant)]
    private static partial Regex UserForm();
}
