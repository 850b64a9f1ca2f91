using System.Collections.Immutable;
using System.Reflection;
using Casemate.Attestation.Azure;
using Casemate.Attestation.Policy;
using Casemate.Attestation.Snp;
using Casemate.Attestation.Tests.Azure;
using Casemate.Attestation.Tdx;
using Casemate.Testing;

namespace Casemate.Attestation.Tests.Policy;

/// <summary>Every policy record, found by reflection: none can be made that a verification stumbles over.</summary>
public sealed class PolicyRecordTests
{
    private static readonly NullabilityInfoContext s_nullability = new();

    public static TheoryData<string> Members =>
        [.. Records().SelectMany(t => Settable(t).Select(p => $"{t.Name}.{p.Name}")).Order(StringComparer.Ordinal)];

    [Fact]
    public void Covers_ThePolicyRecords() =>
        Assert.Superset(
            new HashSet<string>
            {
                "EvidencePolicy", "SnpPolicy", "TdxPolicy", "SgxPolicy", "PlatformPolicy", "VtpmPolicy", "EventLogPolicy", "EventRule",
                "GpuPolicy", "GuestImagePolicy", "TrustedImageSigner", "MaskedValue",
            },
            Records().Select(t => t.Name).ToHashSet());

    [Theory]
    [MemberData(nameof(Members))]
    public void Member_IsNeitherADefaultListNorAnUnwantedNull(string member)
    {
        var type = Records().Single(t => t.Name == member.Split('.')[0]);
        var property = type.GetProperty(member.Split('.')[1])!;
        var list = Nullable.GetUnderlyingType(property.PropertyType) ?? property.PropertyType;
        if (IsList(list))
        {
            var record = Make(type);
            property.SetValue(record, Activator.CreateInstance(list));
            Assert.Empty((System.Collections.IEnumerable)property.GetValue(record)!);
            var item = list.GetGenericArguments()[0];
            if (IsList(item))
            {
                property.SetValue(record, ListOf(list, Activator.CreateInstance(item)));
                Assert.Equal(0, ((System.Collections.IEnumerable)property.GetValue(record)!).Cast<object>().Count(i => i is null));
            }
            else if (!item.IsValueType)
            {
                AssertNullRefused(() => property.SetValue(record, ListOf(list, null)));
            }
        }
        else if (!list.IsValueType)
        {
            var wantsValue = s_nullability.Create(property).WriteState is NullabilityState.NotNull;
            if (wantsValue)
            {
                AssertNullRefused(() => property.SetValue(Make(type), null));
            }
            else
            {
                var record = Make(type);
                property.SetValue(record, null);
                Assert.Null(property.GetValue(record));
            }
        }
    }

    [Fact]
    public void Constructors_AreAsStrict()
    {
        Assert.Throws<ArgumentNullException>(() => new MaskedValue(null!, []));
        Assert.Throws<ArgumentNullException>(() => new MaskedValue([], null!));
        Assert.Throws<ArgumentNullException>(() => new TrustedImageSigner(null!, "feed", 0));
        Assert.Throws<ArgumentNullException>(() => new TrustedImageSigner("did", null!, 0));
        Assert.Throws<ArgumentNullException>(() => new EventRule(0, [null!]));
        Assert.Empty(new EventRule(0, default).Digests);
    }

    [Fact]
    public void Inner_Lists_AreFilledInToo()
    {
        var tdx = new TdxPolicy { Rtmrs = [default, [new byte[48]]] };
        Assert.Empty(tdx.Rtmrs[0]);
        var pcrs = ImmutableSortedDictionary<int, ImmutableArray<byte[]>>.Empty.Add(8, default);
        Assert.Empty(new VtpmPolicy { Pcrs = pcrs }.Pcrs[8]);
        Assert.Empty(new GpuPolicy { Measurements = pcrs }.Measurements[8]);
        Assert.Throws<ArgumentNullException>(() => new VtpmPolicy { Pcrs = pcrs.SetItem(8, [null!]) });
    }

    [Fact]
    public void Unfilled_Lists_Refuse_AndNeverThrow()
    {
        var policy = new EvidencePolicy
        {
            AcceptedTcbStatuses = default,
            DeniedAdvisories = default,
            AllowedAdvisories = default(ImmutableArray<string>),
            Snp = new SnpPolicy { Measurements = default, Vmpls = default, Products = default, CspIds = default, HostData = default },
            Tdx = new TdxPolicy { MrTds = default, Rtmrs = default, EventLog = new EventLogPolicy { Rtmrs = default, Events = default } },
        };
        var vm = new AzureVm();
        Assert.False(AzureVerifier.Verify(
            vm.OnSnp(), Simulated.Milan.Endorsements(Simulated.Noon), Simulated.Roots, Simulated.Noon, policy).Accepted);
        var collateral = Simulated.Dcap.Collateral(Tee.Tdx, Simulated.Noon);
        Assert.False(AzureVerifier.Verify(vm.OnTdx(), collateral, Simulated.Roots, Simulated.Noon, policy).Accepted);
        Assert.False(EventLogVerifier.Verify(
            Simulated.Dcap.QuoteTdx(Simulated.Td, new byte[64]), EventLogWriter.Ovmf().ToArray(), collateral, Simulated.Roots,
            Simulated.Noon, policy).Accepted);
    }

    private static Type[] Records() =>
        [.. typeof(EvidencePolicy).Assembly.GetExportedTypes().Where(
            t => t.Namespace == typeof(EvidencePolicy).Namespace && t.GetMethod("<Clone>$") is not null && Settable(t).Any())];

    private static IEnumerable<PropertyInfo> Settable(Type type) =>
        type.GetProperties(BindingFlags.Public | BindingFlags.Instance).Where(p => p.CanWrite);

    private static object Make(Type type) => type switch
    {
        _ when type == typeof(MaskedValue) => new MaskedValue([], []),
        _ when type == typeof(EventRule) => new EventRule(0, []),
        _ when type == typeof(TrustedImageSigner) => new TrustedImageSigner("did", "feed", 0),
        _ => Activator.CreateInstance(type)!,
    };

    private static bool IsList(Type type) => type.IsGenericType && type.GetGenericTypeDefinition() == typeof(ImmutableArray<>);

    private static object ListOf(Type list, object? item)
    {
        var array = Array.CreateInstance(list.GetGenericArguments()[0], 1);
        array.SetValue(item, 0);
        var create = typeof(ImmutableArray).GetMethods().Single(
            m => m.Name == "Create" && m.GetParameters() is [{ ParameterType.IsArray: true }]);
        return create.MakeGenericMethod(list.GetGenericArguments()[0]).Invoke(null, [array])!;
    }

    private static void AssertNullRefused(Action set) =>
        Assert.IsType<ArgumentNullException>(Assert.Throws<TargetInvocationException>(set).InnerException);
}
