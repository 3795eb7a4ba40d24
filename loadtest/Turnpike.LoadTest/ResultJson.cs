using System.Text.Json.Serialization;
using Turnpike.LoadTest.Bench;
using Turnpike.LoadTest.Cluster;
using Turnpike.LoadTest.ControlPlane;
using Turnpike.LoadTest.Planning;
using Turnpike.LoadTest.Relay;
using Turnpike.LoadTest.Scenarios;
using Turnpike.LoadTest.Store;

namespace Turnpike.LoadTest;

[JsonSourceGenerationOptions(
    WriteIndented = true,
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    UseStringEnumConverter = true,
    RespectNullableAnnotations = true,
    RespectRequiredConstructorParameters = true)]
[JsonSerializable(typeof(RelayResult))]
[JsonSerializable(typeof(BenchResult))]
[JsonSerializable(typeof(ClusterFigures))]
[JsonSerializable(typeof(ApiFigures))]
[JsonSerializable(typeof(ScenarioResult))]
[JsonSerializable(typeof(StoreFigures))]
[JsonSerializable(typeof(PlanResult))]
internal sealed partial class ResultJson : JsonSerializerContext;
