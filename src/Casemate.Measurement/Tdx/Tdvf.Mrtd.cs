namespace Casemate.Measurement.Tdx;

public sealed partial class Tdvf
{
    /// <summary>Computes MRTD of a TD that starts with this firmware.</summary>
    /// <param name="profile">How the VMM adds and measures pages.</param>
    /// <param name="tdHob">
    /// The hand-off block that the VMM fills, at most as large as its section; needed only where its content is measured.
    /// </param>
    /// <returns>MRTD, 48 bytes.</returns>
    /// <exception cref="TdxMeasurementException">A section is measured whose content only the VMM knows; or the block is too
    /// large.</exception>
    public byte[] ComputeMrtd(MrtdProfile profile, ReadOnlyMemory<byte> tdHob = default)
    {
        if (!Enum.IsDefined(profile))
        {
            throw new ArgumentOutOfRangeException(nameof(profile), profile, "Not a profile.");
        }

        var parts = Sections.Where(s => s.IsAdded && !IsLeftOut(s, profile))
            .Select(s => (Section: s, Content: ContentOf(s, profile, tdHob))).ToArray();
        using var mrtd = new MrtdAccumulator();
        switch (profile)
        {
            case MrtdProfile.PageByPage:
            case MrtdProfile.GoogleComputeEngine:
            case MrtdProfile.GoogleComputeEngineMeasuringAll:
                foreach (var (section, content) in parts)
                {
                    for (var page = 0UL; page < section.Pages; page++)
                    {
                        Add(mrtd, section, page);
                        Extend(mrtd, section, page, content);
                    }
                }

                break;
            case MrtdProfile.SectionBySection:
                foreach (var part in parts)
                {
                    AddThenExtend(mrtd, [part]);
                }

                break;
            case MrtdProfile.AllAddedFirst:
                AddThenExtend(mrtd, parts);
                break;
            default:
                throw new InvalidOperationException($"Profile {profile} has no order.");
        }

        return mrtd.Finish();
    }

    private static bool IsLeftOut(TdvfSection section, MrtdProfile profile) =>
        profile is MrtdProfile.GoogleComputeEngine && section.Type is TdvfSectionType.TemporaryMemory;

    // Null: the content is not measured.
    private static ReadOnlyMemory<byte>? ContentOf(TdvfSection section, MrtdProfile profile, ReadOnlyMemory<byte> tdHob)
    {
        if (!section.IsExtended && profile is not MrtdProfile.GoogleComputeEngineMeasuringAll)
        {
            return null;
        }

        if (!section.IsFilledByVmm)
        {
            return section.Content;
        }

        if (section.Type is not TdvfSectionType.TdHob || tdHob.IsEmpty)
        {
            throw new TdxMeasurementException(
                $"section {section.Number} ({section.Type}) is measured, and its content is the VMM's",
                section.Type is TdvfSectionType.TdHob ? "Give the hand-off block that the VMM makes for this machine." : null);
        }

        return (ulong)tdHob.Length <= section.Pages * MrtdAccumulator.PageSize
            ? tdHob
            : throw new TdxMeasurementException(
                $"the hand-off block of {tdHob.Length} bytes does not fit into its section of {section.Pages} pages");
    }

    private static void AddThenExtend(MrtdAccumulator mrtd, (TdvfSection Section, ReadOnlyMemory<byte>? Content)[] parts)
    {
        foreach (var (section, _) in parts)
        {
            for (var page = 0UL; page < section.Pages; page++)
            {
                Add(mrtd, section, page);
            }
        }

        foreach (var (section, content) in parts)
        {
            for (var page = 0UL; page < section.Pages; page++)
            {
                Extend(mrtd, section, page, content);
            }
        }
    }

    private static void Add(MrtdAccumulator mrtd, TdvfSection section, ulong page) =>
        mrtd.AddPage(section.Address + (page * MrtdAccumulator.PageSize));

    private static void Extend(MrtdAccumulator mrtd, TdvfSection section, ulong page, ReadOnlyMemory<byte>? content)
    {
        if (content is not { } bytes)
        {
            return;
        }

        var start = (int)Math.Min(page * MrtdAccumulator.PageSize, (ulong)bytes.Length);
        var end = Math.Min(start + MrtdAccumulator.PageSize, bytes.Length);
        mrtd.ExtendPage(section.Address + (page * MrtdAccumulator.PageSize), bytes.Span[start..end]);
    }
}
