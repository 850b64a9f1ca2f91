using System.Text;
using Casemate.Cli.Commands;
using Casemate.Primitives.Files;
using Casemate.Primitives.Text;
using YamlDotNet.Core;
using YamlDotNet.Core.Events;

namespace Casemate.Cli.Serve;

/// <summary>
/// The settings of a service in a YAML file: one mapping, its keys the flags without their hyphens, its values words, numbers, yes or no,
/// or lists of words. Flags and environment variables go before it. Read only where a file is named.
/// </summary>
internal sealed class SettingsFile
{
    /// <summary>The largest file that is read.</summary>
    public const int MaximumBytes = 64 * 1024;

    /// <summary>The setting that names the file, for every service.</summary>
    public static readonly Setting Named = new(
        "--config", "FILE",
        "Read settings from this YAML file: the flags' names without '--' as keys. Flags and environment variables go before it.");

    private const string Help = "'--help' lists the settings; a key is a flag without '--'.";

    private readonly string _path;
    private readonly Dictionary<string, Entry> _entries = new(StringComparer.Ordinal);

    private SettingsFile(string path) => _path = path;

    /// <summary>Reads the file that a command line or its environment names.</summary>
    /// <param name="context">The command.</param>
    /// <param name="settings">Every setting that may stand in the file; others are mistakes.</param>
    /// <returns>Null when no file is named.</returns>
    /// <exception cref="CliException">It cannot be read, or something in it is wrong: path, line and remedy (exit code 3).</exception>
    public static SettingsFile? Open(CommandContext context, IReadOnlyList<Setting> settings) =>
        Named.Given(context) is { } path ? Parse(path, Load(path), settings) : null;

    /// <summary>Reads the text of a file.</summary>
    /// <param name="path">What to call it.</param>
    /// <param name="yaml">Its text.</param>
    /// <param name="settings">Every setting that may stand in it.</param>
    /// <exception cref="CliException">Something in it is wrong (exit code 3).</exception>
    public static SettingsFile Parse(string path, string yaml, IReadOnlyList<Setting> settings)
    {
        var file = new SettingsFile(path);
        var known = settings.Where(setting => setting != Named).ToDictionary(KeyOf, StringComparer.Ordinal);
        if (NulCharacter.TryFind(yaml, out var line, out var column))
        {
            throw file.Wrong(new Mark(0, line, column), "not YAML: a NUL character (a byte 0) stands here", "Save the file as UTF-8 text.");
        }

        var parser = new Parser(new StringReader(yaml.StartsWith('\uFEFF') ? yaml[1..] : yaml));
        try
        {
            file.ReadDocument(parser, known);
        }
        catch (YamlException e)
        {
            var message = e.Message.AsSpan();
            var end = message.IndexOfAny('\r', '\n');
            throw file.Wrong(e.End, $"not YAML: {(end < 0 ? message : message[..end])}", "Write one 'key: value' a line.");
        }
        catch (Exception e) when (e is InvalidOperationException or ArgumentException or IndexOutOfRangeException)
        {
            // YamlDotNet's scanner answers some malformed texts with exceptions of its inner parts.
            throw file.Wrong(parser.Current?.Start ?? Mark.Empty, "not YAML from here on", "Write one 'key: value' a line.");
        }

        return file;
    }

    /// <summary>What the file calls a setting.</summary>
    public static string KeyOf(Setting setting) => setting.Flag[2..];

    /// <summary>The value of a setting; null when it is not there.</summary>
    public string? Text(Setting setting) => _entries.GetValueOrDefault(KeyOf(setting))?.Values[0];

    /// <summary>The values of a setting; empty when it is not there.</summary>
    public IReadOnlyList<string> Values(Setting setting) => _entries.GetValueOrDefault(KeyOf(setting))?.Values ?? [];

    /// <summary>Where a setting stands, as <c>FILE:LINE</c>; null when it is not there.</summary>
    public string? PlaceOf(Setting setting) => _entries.TryGetValue(KeyOf(setting), out var entry) ? $"{_path}:{entry.Line}" : null;

    /// <summary>Whether a switch is on; null when it is not there.</summary>
    public bool? IsOn(Setting setting) => Text(setting) switch
    {
        null => null,
        var text => text == "true",
    };

    private static string Load(string path)
    {
        try
        {
            return StrictUtf8.GetString(WholeFile.ReadRegular(path, MaximumBytes));
        }
        catch (FileTooLargeException e)
        {
            throw CliException.BadInput(
                $"{path}: longer than {MaximumBytes / 1024} KiB", "Name the settings' file with --config; it has one line a setting.", e);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw CliException.BadInput(
                $"{path}: the settings cannot be read: {e.Message}", "Name a file that this user may read with --config.", e);
        }
        catch (DecoderFallbackException e)
        {
            throw CliException.BadInput($"{path}: not UTF-8", "Save the file as UTF-8.", e);
        }
    }

    private void ReadDocument(Parser parser, Dictionary<string, Setting> known)
    {
        Advance(parser);                                                   // the stream's start
        if (Advance(parser) is StreamEnd)
        {
            return;
        }

        var root = Advance(parser);
        if (root is Scalar { Value.Length: 0, Style: ScalarStyle.Plain })
        {
            Advance(parser);                                               // comments alone
        }
        else
        {
            ReadMapping(parser, root, known);
        }

        if (Advance(parser) is not StreamEnd)
        {
            throw Wrong(parser.Current!.Start, "a second document begins here", "A settings file has one.");
        }
    }

    private void ReadMapping(Parser parser, ParsingEvent root, Dictionary<string, Setting> known)
    {
        Refuse(root);
        if (root is not MappingStart)
        {
            throw Wrong(root.Start, "not a mapping of settings", "Write one 'key: value' a line.");
        }

        while (Advance(parser) is not MappingEnd)
        {
            Refuse(parser.Current!);
            if (parser.Current is not Scalar key)
            {
                throw Wrong(parser.Current!.Start, "a key is expected", Help);
            }

            if (!known.TryGetValue(key.Value, out var setting))
            {
                var nearest = NearestName.Find(key.Value, known.Keys);
                throw Wrong(key.Start, $"there is no setting '{Shown(key.Value)}'", nearest is null ? Help : $"Did you mean '{nearest}'?");
            }

            if (_entries.TryGetValue(key.Value, out var first))
            {
                throw Wrong(key.Start, $"'{key.Value}' is there twice, first in line {first.Line}", "Keep one of the two.");
            }

            _entries[key.Value] = new Entry(key.Start.Line, ReadValue(parser, setting));
        }

        Advance(parser);                                                   // the document's end
    }

    private List<string> ReadValue(Parser parser, Setting setting)
    {
        var start = Advance(parser);
        Refuse(start);
        if (start is Scalar one)
        {
            return [Checked(one, setting)];
        }

        if (start is not SequenceStart || !setting.Many)
        {
            throw WrongType(start, setting);
        }

        var values = new List<string>();
        while (Advance(parser) is not SequenceEnd)
        {
            Refuse(parser.Current!);
            values.Add(parser.Current is Scalar item ? Checked(item, setting) : throw WrongType(parser.Current!, setting));
        }

        return values.Count > 0 ? values : throw Wrong(start.Start, $"'{KeyOf(setting)}' is an empty list", "Leave it out, or fill it.");
    }

    // A plain scalar can be null, a truth or a number in YAML; as the value of a setting only the meaning that it has as a flag counts.
    private string Checked(Scalar scalar, Setting setting)
    {
        if (scalar.Value.Length == 0 || (scalar.Style is ScalarStyle.Plain && scalar.Value is "~" or "null" or "Null" or "NULL"))
        {
            throw Wrong(scalar.Start, $"'{KeyOf(setting)}' has no value", "Leave it out, or give it a value.");
        }

        var isTruth = scalar is { Style: ScalarStyle.Plain, Value: "true" or "false" };
        return isTruth == (setting.ValueName is null) ? scalar.Value : throw WrongType(scalar, setting);
    }

    // What the reader would not see: a value from elsewhere, or a meaning that is not in the text.
    private void Refuse(ParsingEvent at)
    {
        var what = at switch
        {
            AnchorAlias => "an alias (*name)",
            NodeEvent { Anchor.IsEmpty: false } => "an anchor (&name)",
            NodeEvent { Tag.IsEmpty: false } => "a tag (!name)",
            _ => null,
        };
        if (what is not null)
        {
            throw Wrong(at.Start, $"{what} is not accepted", "Write the value out.");
        }
    }

    private CliException WrongType(ParsingEvent at, Setting setting) => Wrong(
        at.Start, $"'{KeyOf(setting)}' does not take this kind of value",
        setting.ValueName is null ? "It is a switch: write true or false."
            : setting.Many ? $"Write {setting.ValueName}, or a list of that; true, false and words like them in quotes."
            : $"Write {setting.ValueName}; true, false and words like them in quotes.");

    private CliException Wrong(Mark mark, string problem, string remedy) =>
        CliException.BadInput($"{_path}:{Math.Max(1, mark.Line)}: {problem}", remedy);

    private static ParsingEvent Advance(Parser parser) =>
        parser.MoveNext() ? parser.Current! : throw new InvalidOperationException("The document ends too early.");

    private static string Shown(string key) => Output.ErrorText.OneLine(key.Length <= 64 ? key : key[..64] + "…");

    private sealed record Entry(long Line, IReadOnlyList<string> Values);
}
