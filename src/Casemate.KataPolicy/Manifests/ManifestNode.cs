using YamlDotNet.Core;

namespace Casemate.KataPolicy.Manifests;

/// <summary>A value in a document with its place in the text. Positions count UTF-16 units of the text without byte order mark.</summary>
internal sealed class ManifestNode
{
    private Dictionary<string, (ManifestNode Key, ManifestNode Value)>? _byName;
    private int _named;
    private List<(ManifestNode Key, ManifestNode Value)>? _effective;

    public required ManifestNodeKind Kind { get; init; }

    /// <summary>Where it starts in the text, an anchor or tag included.</summary>
    public required int Start { get; init; }

    /// <summary>Where it ends; for block collections this may be past line ends and comments.</summary>
    public int End { get; set; }

    public required int Line { get; init; }

    public required int Column { get; init; }

    public string Text { get; init; } = "";

    public ScalarStyle Style { get; init; }

    public string Tag { get; init; } = "";

    public bool IsAnchored { get; init; }

    /// <summary>True for collections in braces or brackets.</summary>
    public bool IsFlow { get; init; }

    public List<ManifestNode> Items { get; } = [];

    public List<(ManifestNode Key, ManifestNode Value)> Members { get; } = [];

    public ManifestNode? Target { get; init; }

    /// <summary>The node itself, or what its alias stands for.</summary>
    public ManifestNode Resolved => Target ?? this;

    public int Height { get; set; }

    public long Nodes { get; set; } = 1;

    public long Characters { get; set; }

    public bool IsNull => Resolved is { Kind: ManifestNodeKind.Scalar } scalar && scalar.ScalarType is ScalarType.Null;

    public ScalarType ScalarType => Tag switch
    {
        "tag:yaml.org,2002:str" or "!" => ScalarType.Text,
        "tag:yaml.org,2002:null" => ScalarType.Null,
        "tag:yaml.org,2002:bool" => ScalarType.Boolean,
        "tag:yaml.org,2002:int" or "tag:yaml.org,2002:float" => ScalarType.Number,
        _ when Style is not ScalarStyle.Plain => ScalarType.Text,
        _ => PlainScalar.TypeOf(Text),
    };

    /// <summary>The members with those that <c>&lt;&lt;</c> brings in; a member written out wins over one that is brought in.</summary>
    public IReadOnlyList<(ManifestNode Key, ManifestNode Value)> EffectiveMembers
    {
        get
        {
            if (Target is not null)
            {
                return Target.EffectiveMembers;
            }

            if (!Members.Any(member => IsMerge(member.Key)))
            {
                return Members;
            }

            return _effective ??= Merge();
        }
    }

    public (ManifestNode Key, ManifestNode Value)? Find(string key)
    {
        if (Target is not null)
        {
            return Target.Find(key);
        }

        // Places of findings are looked up member by member: a file may have as many of both as it likes.
        if (_byName is null || _named != Members.Count)
        {
            (_byName, _named) = (new Dictionary<string, (ManifestNode Key, ManifestNode Value)>(StringComparer.Ordinal), Members.Count);
            foreach (var member in EffectiveMembers)
            {
                _byName.TryAdd(member.Key.Text, member);
            }
        }

        return _byName.TryGetValue(key, out var found) ? found : null;
    }

    /// <summary>Whether a member is written in this mapping's own text: neither brought in nor behind an alias.</summary>
    public bool Holds(ManifestNode key) => Target is null && Members.Any(member => ReferenceEquals(member.Key, key));

    public static bool IsMerge(ManifestNode key) => key is { Text: "<<", Style: ScalarStyle.Plain, Tag: "" };

    private List<(ManifestNode Key, ManifestNode Value)> Merge()
    {
        var seen = new HashSet<string>(StringComparer.Ordinal);
        var members = new List<(ManifestNode Key, ManifestNode Value)>();
        foreach (var member in Members.Where(member => !IsMerge(member.Key)))
        {
            seen.Add(member.Key.Text);
            members.Add(member);
        }

        foreach (var (_, value) in Members.Where(member => IsMerge(member.Key)))
        {
            var source = value.Resolved;
            foreach (var map in source.Kind is ManifestNodeKind.Sequence ? source.Items.Select(item => item.Resolved) : [source])
            {
                members.AddRange(map.EffectiveMembers.Where(member => seen.Add(member.Key.Text)));
            }
        }

        return members;
    }
}
