using System.Globalization;

namespace Casemate.Measurement.Enclave;

/// <summary>Collects what is known about one variant, and judges it.</summary>
internal sealed class VariantDraft(string name, ReadOnlyMemory<byte> sigStruct, long offset, DateTimeOffset now)
{
    private readonly List<(string Name, ulong Value, Func<ulong> Signed)> _expected = [];
    private readonly SigStructError _error = SigStruct.TryRead(sigStruct.Span, out _);
    private IReadOnlyList<EnclaveLayout> _layouts = [];
    private string? _cannot;
    private string? _unlessMatching;

    /// <summary>Reads a number of a signature structure.</summary>
    public delegate ulong Field(SigStruct structure);

    public IReadOnlyList<KeyValuePair<string, string>> Settings { get; init; } = [];

    /// <summary>Pages that may be added while the enclave runs.</summary>
    public ulong LaterPages { get; set; }

    /// <summary>Names a field that the file has besides the signature structure: both should say the same.</summary>
    public void Expect(string field, ulong value, Field signed) => _expected.Add((field, value, () =>
    {
        _ = SigStruct.TryRead(sigStruct.Span, out var structure);
        return signed(structure);
    }
    ));

    public void CannotRecompute(string reason) => _cannot = reason;

    /// <summary>Gives the layouts that the file may have, the usual one first.</summary>
    /// <param name="layouts">At least one.</param>
    /// <param name="unlessMatching">Why a value that differs proves nothing; null when it does.</param>
    public void Compare(IReadOnlyList<EnclaveLayout> layouts, string? unlessMatching = null) =>
        (_layouts, _unlessMatching) = (layouts, unlessMatching);

    public EnclaveVariant Build()
    {
        var findings = new List<EnclaveFinding>();
        var contradictions = Contradictions();
        var (layout, measured, state) = Measure();
        var reason = state switch
        {
            MrEnclaveState.NotRecomputable => _cannot ?? _unlessMatching ?? "",
            MrEnclaveState.Differs => contradictions.Count > 0
                ? $"first difference that has a name: {contradictions[0]}"
                : "no field of the file contradicts the signature: content of a measured page, or how many pages there are, changed after "
                    + "signing",
            _ => "",
        };
        AddFormFindings(findings);
        if (_error is SigStructError.None)
        {
            _ = SigStruct.TryRead(sigStruct.Span, out var structure);
            findings.AddRange(EnclaveLint.Examine(structure, now));
            findings.AddRange(contradictions.Select(difference => new EnclaveFinding(
                EnclaveFindingId.ContradictsSignature, EnclaveFindingSeverity.Warning, $"signature and file disagree: {difference}",
                "Sign the file again, or get it from its maker.")));
        }

        if (state is MrEnclaveState.Differs)
        {
            findings.Insert(0, new EnclaveFinding(
                EnclaveFindingId.MrEnclaveMismatch, EnclaveFindingSeverity.Error, $"the file does not measure what was signed; {reason}",
                "Do not trust it. Get it again from its maker, or compare it with the original (--compare)."));
        }
        else if (state is MrEnclaveState.NotRecomputable)
        {
            findings.Add(new EnclaveFinding(
                EnclaveFindingId.NotRecomputable, EnclaveFindingSeverity.Note, $"MRENCLAVE was not recomputed: {reason}",
                "The signed value is a claim of whoever signed; take it as that."));
        }

        return new EnclaveVariant(
            name, sigStruct, _error, measured, state, reason, layout, layout is null ? null : EnclaveEpc.Of(layout, LaterPages))
        {
            SigStructOffset = offset,
            Findings = [.. findings.OrderBy(finding => finding.Severity)],
            Settings = Settings,
        };
    }

    private (EnclaveLayout? Layout, byte[] Measured, MrEnclaveState State) Measure()
    {
        if (_cannot is not null || _layouts.Count == 0)
        {
            return (null, [], MrEnclaveState.NotRecomputable);
        }

        var first = Array.Empty<byte>();
        foreach (var layout in _layouts)
        {
            var measured = layout.Measure();
            if (_error is not SigStructError.None)
            {
                return _unlessMatching is null ? (layout, measured, MrEnclaveState.NotSigned) : (null, [], MrEnclaveState.NotRecomputable);
            }

            _ = SigStruct.TryRead(sigStruct.Span, out var structure);
            if (structure.MrEnclave.SequenceEqual(measured))
            {
                return (layout, measured, MrEnclaveState.Matches);
            }

            first = first.Length == 0 ? measured : first;
        }

        return _unlessMatching is null ? (_layouts[0], first, MrEnclaveState.Differs) : (null, [], MrEnclaveState.NotRecomputable);
    }

    private List<EnclaveDifference> Contradictions() => _error is not SigStructError.None ? [] :
    [
        .. _expected.Where(field => field.Value != field.Signed()).Select(field => new EnclaveDifference(
            field.Name, string.Create(CultureInfo.InvariantCulture, $"0x{field.Value:x} in the file"),
            string.Create(CultureInfo.InvariantCulture, $"0x{field.Signed():x} in the signature"))),
    ];

    private void AddFormFindings(List<EnclaveFinding> findings)
    {
        if (sigStruct.IsEmpty || _error is SigStructError.Unsigned)
        {
            findings.Add(new EnclaveFinding(
                EnclaveFindingId.NotSigned, EnclaveFindingSeverity.Error, "nobody signed the enclave: no processor starts it",
                "Sign it: casemate enclave sign, or the tool of its kit."));
        }
        else if (_error is not SigStructError.None)
        {
            findings.Add(new EnclaveFinding(
                EnclaveFindingId.MalformedSigStruct, EnclaveFindingSeverity.Error,
                _error switch
                {
                    SigStructError.WrongLength => $"the signature structure has {sigStruct.Length} bytes, not {SigStruct.Size}",
                    SigStructError.WrongHeader => "the signature structure does not begin with its constants",
                    SigStructError.ReservedNotZero => "a reserved field of the signature structure is not zero",
                    SigStructError.WrongExponent => "the exponent in the signature structure is not 3",
                    _ => "the signature structure is damaged",
                },
                "Get the file again from its maker, or sign it again: no processor starts it so."));
        }
    }
}
