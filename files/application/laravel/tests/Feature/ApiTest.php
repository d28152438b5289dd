<?php

namespace Tests\Feature;

use App\Models\Product;
use Illuminate\Foundation\Testing\RefreshDatabase;
use Illuminate\Support\Facades\DB;
use Tests\TestCase;

class ApiTest extends TestCase
{
    use RefreshDatabase;

    private function without_a_database(): void
    {
        config(['database.connections.away' => ['driver' => 'sqlite', 'database' => '/nowhere/x.db']]);
        DB::setDefaultConnection('away');
    }

    public function test_products_come_in_their_order_and_without_what_is_ours(): void
    {
        $lens = ['sku' => 'lens', 'name' => 'Lens', 'description' => 'Clear', 'price_cents' => 1250, 'currency' => 'EUR', 'stock' => 3];
        Product::query()->create($lens);
        Product::query()->create(['sku' => 'dome', 'name' => 'Dome', 'price_cents' => 1]);

        $answer = $this->get('/api/products')->assertOk()->assertHeader('Content-Type', 'application/json');
        $answer->assertJsonCount(2, 'data')->assertJsonPath('data.1.sku', 'dome');
        $this->assertSame(['id' => 1] + $lens, $answer->json('data.0'));
        $this->assertStringContainsString('no-store', $answer->headers->get('Cache-Control'));
    }

    public function test_an_empty_shop_is_an_empty_list(): void
    {
        $this->get('/api/products')->assertOk()->assertExactJson(['data' => []]);
    }

    public function test_it_is_alive_and_ready(): void
    {
        $this->get('/healthz')->assertOk()->assertExactJson(['status' => 'ok']);
        $this->get('/readyz')->assertOk()->assertExactJson(['status' => 'ready']);
    }

    public function test_without_a_database_it_is_alive_and_not_ready(): void
    {
        $this->without_a_database();

        $this->get('/healthz')->assertOk();
        $this->get('/readyz')->assertStatus(503)->assertExactJson(['error' => 'the database does not answer']);
        $this->get('/api/products')->assertStatus(503)
            ->assertExactJson(['error' => 'the products cannot be read right now']);
    }

    public function test_every_mistake_is_json_for_a_browser_too(): void
    {
        $this->get('/nothing', ['Accept' => 'text/html'])->assertNotFound()->assertJsonStructure(['error']);
        $this->post('/api/products')->assertStatus(405)->assertJsonStructure(['error']);
    }

    public function test_what_went_wrong_inside_stays_inside(): void
    {
        $this->app['router']->get('/broken', fn () => throw new \RuntimeException('secret'));

        $this->get('/broken')->assertStatus(500)->assertExactJson(['error' => 'something went wrong']);
    }
}
